// apps/curfew-gate/main.cpp: the enforcement point's own program.
#include "apps/curfew-gate/command_line.hpp"

int main(int argc, char** argv) { return curfew::run_gate_command_line(argc, argv); }
