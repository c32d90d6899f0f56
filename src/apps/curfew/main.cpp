// apps/curfew/main.cpp: the command line program.
#include "apps/curfew/command_line.hpp"

int main(int argc, char** argv) { return curfew::run_command_line(argc, argv); }
