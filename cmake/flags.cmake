# How everything is compiled and linked. ccache and mold are used where they are installed.
find_program(PENSTOCK_CCACHE ccache)
if(PENSTOCK_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PENSTOCK_CCACHE}")
endif()
find_program(PENSTOCK_MOLD mold)
if(PENSTOCK_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # With optimisation, GCC 12 sees these two where they aren't: in std::optional, in std::string's operator+.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict)
endif()
# Later compilers warn of more than the ones that we build with, and must not stop anybody's build by that.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13
   OR CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15)
  add_compile_options(-Werror)
endif()
add_compile_options(-ffunction-sections -fdata-sections -fno-plt)
# Traces and asserts name a source by its path in the checkout, wherever that lies (and ccache can share between checkouts).
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_link_options(-Wl,--gc-sections)

if(PENSTOCK_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  set(PENSTOCK_TEST_KIND asan)
elseif(PENSTOCK_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
  set(PENSTOCK_TEST_KIND tsan)
else()
  # One file that needs nothing but libc.
  add_link_options(-static-libstdc++ -static-libgcc)
  set(PENSTOCK_TEST_KIND unit)
endif()
