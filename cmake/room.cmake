add_custom_target(unit_tests COMMENT "the unit tests of every room")

# A room is one folder under src/: one library, one purpose, and an include door of its own.
#
#   room(NAME store USES base plan engine LIBS sqlite3 json)
#
# The door is a folder in the build tree with one symbolic link to the room's sources. Only who names the room in USES gets
# it as an include path, so an include of a room that isn't named doesn't compile. Linking is transitive, seeing is not.
#
#   src/NAME/*.cc          the library penstock_NAME
#   src/NAME/*_test.cc     the test binary NAME_test, which links that room alone (plus TEST_USES, for fakes or real neighbours)
#   src/NAME/testing/      fakes for other rooms' tests: the library penstock_NAME_testing, named as NAME_testing in TEST_USES
#   src/NAME/*_fuzz.cc     a libFuzzer target each, with PENSTOCK_FUZZ
# THREADED marks a room whose tests also run under the thread sanitizer. A test is named by its build: unit.NAME in a plain
# one, asan.NAME and tsan.NAME under a sanitizer. (The release preset builds none: `./dev test` has them from asan.)
function(room)
  cmake_parse_arguments(ROOM "THREADED" "NAME" "USES;LIBS;TEST_USES;TEST_LIBS" ${ARGN})
  set(folder "${CMAKE_SOURCE_DIR}/src/${ROOM_NAME}")
  file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/doors/${ROOM_NAME}")
  file(CREATE_LINK "${folder}" "${CMAKE_BINARY_DIR}/doors/${ROOM_NAME}/${ROOM_NAME}" SYMBOLIC)

  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cc")
  file(GLOB tests CONFIGURE_DEPENDS "${folder}/*_test.cc")
  file(GLOB fuzzers CONFIGURE_DEPENDS "${folder}/*_fuzz.cc")
  file(GLOB fakes CONFIGURE_DEPENDS "${folder}/testing/*.cc")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cc$")

  if(NOT sources)  # a room of headers alone
    set(sources "${CMAKE_BINARY_DIR}/doors/${ROOM_NAME}/headers_only.cc")
    file(TOUCH "${sources}")
  endif()
  add_library(penstock_${ROOM_NAME} STATIC ${sources})
  target_include_directories(penstock_${ROOM_NAME} PUBLIC "${CMAKE_BINARY_DIR}/doors/${ROOM_NAME}")
  room_link(penstock_${ROOM_NAME} "${ROOM_USES}" "${ROOM_LIBS}")

  if(fakes)
    add_library(penstock_${ROOM_NAME}_testing STATIC ${fakes})
    target_include_directories(penstock_${ROOM_NAME}_testing PUBLIC "${CMAKE_BINARY_DIR}/doors/${ROOM_NAME}")
    room_link(penstock_${ROOM_NAME}_testing "${ROOM_NAME};${ROOM_USES}" "${ROOM_LIBS};gtest")
  endif()
  if(tests AND PENSTOCK_UNIT_TESTS AND (NOT PENSTOCK_SANITIZE STREQUAL "thread" OR ROOM_THREADED))
    add_executable(${ROOM_NAME}_test ${tests})
    add_dependencies(unit_tests ${ROOM_NAME}_test)
    if(fakes)
      list(APPEND ROOM_TEST_USES ${ROOM_NAME}_testing)
    endif()
    room_link(${ROOM_NAME}_test "${ROOM_NAME};${ROOM_USES};${ROOM_TEST_USES}" "${ROOM_LIBS};${ROOM_TEST_LIBS};gtest_main;gmock")
    set_target_properties(${ROOM_NAME}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    add_test(NAME ${PENSTOCK_TEST_KIND}.${ROOM_NAME} COMMAND ${ROOM_NAME}_test --gtest_brief=1)
    set_tests_properties(${PENSTOCK_TEST_KIND}.${ROOM_NAME} PROPERTIES LABELS unit WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  endif()
  if(PENSTOCK_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(target "${fuzzer}" NAME_WE)
      add_executable(${target} "${fuzzer}")
      target_compile_options(${target} PRIVATE -fsanitize=fuzzer)
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      room_link(${target} "${ROOM_NAME};${ROOM_USES}" "${ROOM_LIBS}")
      set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
    endforeach()
  endif()
endfunction()

# PRIVATE links: a static library's consumers inherit what it needs to link, not what it may see.
function(room_link TARGET ROOMS LIBRARIES)
  foreach(used ${ROOMS})
    target_link_libraries(${TARGET} PRIVATE penstock_${used})
  endforeach()
  foreach(library ${LIBRARIES})
    target_link_libraries(${TARGET} PRIVATE penstock::${library})
  endforeach()
  target_link_libraries(${TARGET} PRIVATE Threads::Threads)
endfunction()
