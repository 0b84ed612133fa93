#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "unit/source_dir.h"

#include <doctest/doctest.h>

const std::string& berth::checkout::source_dir()
{
    static const std::string path{BERTH_SOURCE_DIR};
    return path;
}
