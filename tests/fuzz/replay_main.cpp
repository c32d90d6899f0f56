// tests/fuzz/replay_main.cpp: runs a fuzz target once over each file of its corpus, without a
// fuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> read_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return {text.begin(), text.end()};
}

std::size_t replay(const fs::path& corpus) {
  std::size_t replayed = 0;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator{corpus, error}) {
    // Said before the input runs: after a crash the last line names the culprit.
    std::printf("%s\n", entry.path().c_str());
    std::fflush(stdout);
    // An exact copy on the heap, so that a sanitizer sees each read past the end.
    const std::vector<std::uint8_t> input = read_file(entry.path());
    LLVMFuzzerTestOneInput(input.data(), input.size());
    ++replayed;
  }
  return replayed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  const std::size_t replayed = replay(argv[1]);
  std::printf("%zu inputs replayed\n", replayed);
  if (replayed != 0) return 0;
  std::fprintf(stderr, "no input in %s: a fuzz target needs a corpus of at least one file\n",
               argv[1]);
  return 1;
}
