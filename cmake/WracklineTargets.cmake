# How every target of the house is built: the flags of the determinism contract and the warnings, once.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON) # the static libraries end up in the Python extension too

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

option(WRACKLINE_CCACHE "Use ccache where it is installed" ON)
find_program(WRACKLINE_CCACHE_PROGRAM ccache)
if(WRACKLINE_CCACHE AND WRACKLINE_CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${WRACKLINE_CCACHE_PROGRAM}")
endif()

add_library(wrackline_flags INTERFACE)
target_include_directories(wrackline_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(wrackline_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror
  # g++ 12 sees these two inside fmt and libstdc++ at -O3 and under the sanitizers, where there is nothing to see.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow -Wno-maybe-uninitialized>
  # clang tells that libstdc++ 12's own stable_sort calls a function which C++17 deprecates.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  # Determinism contract: a result may not depend on whether the machine fuses a multiply and an add.
  -ffp-contract=off)
# g++ 12 at -O3 warns of overlapping copies inside std::string's own operator+ (GCC bug 105329, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13 AND
   CMAKE_CXX_FLAGS_RELEASE MATCHES "-O3")
  target_compile_options(wrackline_flags INTERFACE -Wno-restrict)
endif()
# Asserts guard our own invariants in release builds too.
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")

option(WRACKLINE_UNITY "Compile several files of a folder at once: a third of the time from scratch, more after a change" OFF)

# Files that repeat the file-local names of their neighbours stay apart.
function(wrackline_unity target)
  if(WRACKLINE_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# wrackline_library(<name> [DEPENDS <target>...] [APART <file>...] [SEPARATE]): every .cpp of the folder, as target
# wrackline_<name>; SEPARATE: each is always compiled by itself.
function(wrackline_library name)
  cmake_parse_arguments(ARG "SEPARATE" "" "DEPENDS;APART" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(sources)
    add_library(wrackline_${name} STATIC ${sources})
    target_link_libraries(wrackline_${name} PUBLIC wrackline_flags ${ARG_DEPENDS})
    if(NOT ARG_SEPARATE)
      wrackline_unity(wrackline_${name} ${ARG_APART})
    endif()
  else()
    add_library(wrackline_${name} INTERFACE)
    target_link_libraries(wrackline_${name} INTERFACE wrackline_flags ${ARG_DEPENDS})
  endif()
endfunction()

# wrackline_test(<name> [DEPENDS <target>...]): every .cpp of the folder in one Catch2 program test_<name>.
function(wrackline_test name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE wrackline_test_support ${ARG_DEPENDS})
  add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
endfunction()
