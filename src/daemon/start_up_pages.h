#pragma once
// What only the start needs in memory: relocation tables of some fifty libraries, the configuration's parser, set-up
// code.

namespace berth::daemon {

/// Takes the pages of code and constants out of the resident set. They stay in the page cache, and what the daemon goes
/// on using comes back with its next use. Any thread may run meanwhile.
void release_start_up_pages();

} // namespace berth::daemon
