# Gives the target curfew::curfew.
include("${CMAKE_CURRENT_LIST_DIR}/curfew-targets.cmake")
