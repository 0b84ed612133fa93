# Warnings, sanitizers and hardening for every target.
#
# -Wextra's missing-field-initializers is off: a designated initializer leaves the rest to its default on purpose.
# GCC 12's maybe-uninitialized and restrict report moved-from variants and libstdc++'s own strings, falsely, in
# statement expressions and string concatenation; clang and the sanitizers look after what they are meant to find.
add_library(berth_options INTERFACE)
target_compile_options(berth_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-missing-field-initializers -fno-omit-frame-pointer -fstack-protector-strong
  $<$<BOOL:${BERTH_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Wno-gnu-statement-expression>)
target_compile_definitions(berth_options INTERFACE
  BERTH_VERSION="${PROJECT_VERSION}" $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
target_include_directories(berth_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
find_package(Threads REQUIRED)
target_link_libraries(berth_options INTERFACE Threads::Threads)

if(BERTH_SANITIZE)
  target_compile_options(berth_options INTERFACE -fsanitize=${BERTH_SANITIZE} -fno-sanitize-recover=all -U_FORTIFY_SOURCE)
  target_link_options(berth_options INTERFACE -fsanitize=${BERTH_SANITIZE})
endif()

if(BERTH_FUZZ)
  # Coverage in the libraries, or the fuzzers would search blindly; each fuzzer brings its own main.
  target_compile_options(berth_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(berth_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
