# The libraries that we don't write, each as a static archive behind one target: penstock::NAME.
# Debian's -dev packages bring the archives; `./dev setup` installs them.
function(static_library NAME ARCHIVE HEADER)
  find_library(PENSTOCK_${NAME}_ARCHIVE NAMES ${ARCHIVE} REQUIRED)
  find_path(PENSTOCK_${NAME}_INCLUDE ${HEADER} REQUIRED)
  add_library(penstock::${NAME} STATIC IMPORTED GLOBAL)
  set_target_properties(penstock::${NAME} PROPERTIES
    IMPORTED_LOCATION "${PENSTOCK_${NAME}_ARCHIVE}"
    INTERFACE_INCLUDE_DIRECTORIES "${PENSTOCK_${NAME}_INCLUDE}")
endfunction()

function(header_library NAME HEADER)
  find_path(PENSTOCK_${NAME}_INCLUDE ${HEADER} REQUIRED)
  add_library(penstock::${NAME} INTERFACE IMPORTED GLOBAL)
  set_target_properties(penstock::${NAME} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${PENSTOCK_${NAME}_INCLUDE}")
endfunction()

find_package(Threads REQUIRED)
static_library(yaml libyaml.a yaml.h)
static_library(sqlite3 libsqlite3.a sqlite3.h)
static_library(sodium libsodium.a sodium.h)
static_library(crypto libcrypto.a openssl/sha.h)
static_library(zstd libzstd.a zstd.h)
static_library(re2 libre2.a re2/re2.h)
static_library(expat libexpat.a expat.h)
header_library(json nlohmann/json.hpp)
header_library(cli11 CLI/CLI.hpp)
header_library(fmt fmt/format.h)
set_target_properties(penstock::sqlite3 PROPERTIES INTERFACE_LINK_LIBRARIES "m;dl;Threads::Threads")
set_target_properties(penstock::crypto PROPERTIES INTERFACE_LINK_LIBRARIES "dl;Threads::Threads")
set_target_properties(penstock::re2 PROPERTIES INTERFACE_LINK_LIBRARIES "Threads::Threads")

# Debian has no archive of fmt. See fmt.cc.
file(STRINGS "${PENSTOCK_fmt_INCLUDE}/fmt/core.h" fmt_version REGEX "define FMT_VERSION 9[0-9][0-9][0-9][0-9]$")
if(fmt_version)
  add_library(penstock_fmt STATIC "${CMAKE_CURRENT_LIST_DIR}/fmt.cc")
  set_target_properties(penstock::fmt PROPERTIES INTERFACE_LINK_LIBRARIES penstock_fmt)
else()
  set_target_properties(penstock::fmt PROPERTIES INTERFACE_COMPILE_DEFINITIONS FMT_HEADER_ONLY)
endif()

static_library(gtest libgtest.a gtest/gtest.h)
static_library(gtest_main libgtest_main.a gtest/gtest.h)
static_library(gmock libgmock.a gmock/gmock.h)
set_target_properties(penstock::gtest PROPERTIES INTERFACE_LINK_LIBRARIES "Threads::Threads")
set_target_properties(penstock::gtest_main PROPERTIES INTERFACE_LINK_LIBRARIES "penstock::gtest")
set_target_properties(penstock::gmock PROPERTIES INTERFACE_LINK_LIBRARIES "penstock::gtest")
