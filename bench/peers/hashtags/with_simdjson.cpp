// C++ on demand: simdjson finds the three fields that are wanted, ISA-L inflates members of zips and checks them. One core.
//
// Usage: with_simdjson THREADS FILE…
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <simdjson.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

using namespace simdjson;

static const std::vector<std::string> tags = {
    "_all",     "#coronavirus", "#corona", "#covid19",  "#covid-19", "#covid2019",      "#covid-2019",    "#virus",   "#flu",
    "#sick",    "#cough",       "#sneeze", "#hospital", "#nurse",    "#doctor",         "#코로나바이러스", "#コロナウイルス", "#冠状病毒"};

// Of each table, counts by the number of the tag and the JSON of the other half of the key.
using Counts = std::vector<std::unordered_map<std::string, uint64_t>>;
static Counts langs(tags.size()), countries(tags.size()), days(tags.size());

[[noreturn]] static void fail(const std::string &what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// What Python's lower() comes to where ASCII is looked for: the Kelvin sign is a k.
static void lower(std::string_view text, std::string &out) {
  out.clear();
  for (size_t at = 0; at < text.size(); at++) {
    const char byte = text[at];
    if (byte >= 'A' && byte <= 'Z') out.push_back(byte | 0x20);
    else if (byte == '\xe2' && text.substr(at, 3) == "\u212a") out.push_back('k'), at += 2;
    else out.push_back(byte);
  }
}

static std::string rawOf(simdjson_result<ondemand::value> value) {
  if (value.error() == NO_SUCH_FIELD || value.error() == INCORRECT_TYPE) return "null";
  std::string_view text;
  if (value.is_null()) return "null";
  if (value.get_string().get(text)) fail("a field that is no string");
  std::string json = "\"";
  for (char byte : text) {
    if (byte == '"' || byte == '\\') json.push_back('\\');
    json.push_back(byte);
  }
  return json + '"';
}

static void count(const char *bytes, size_t length, const std::string &day) {
  static ondemand::parser parser;
  static std::string text;
  ondemand::document_stream lines;
  if (parser.iterate_many(bytes, length, 1 << 20).get(lines)) fail("cannot be read");
  for (auto line : lines) {
    ondemand::object tweet;
    if (line.get_object().get(tweet)) fail("a line that is no object");
    std::string_view raw;
    const auto found = tweet["text"].get_string().get(raw);
    if (found == NO_SUCH_FIELD) continue;
    if (found) fail("a text that is none");
    lower(raw, text);
    const bool mayHave = text.find('#') != std::string::npos;
    std::string country = "null";
    ondemand::value place;
    if (!tweet["place"].get(place) && !place.is_null()) country = rawOf(place["country_code"]);
    const std::string lang = rawOf(tweet["lang"]);
    for (size_t tag = 0; tag < tags.size(); tag++) {
      if (tag > 0 && (!mayHave || text.find(tags[tag]) == std::string::npos)) continue;
      langs[tag][lang]++;
      countries[tag][country]++;
      days[tag][day]++;
    }
  }
  if (lines.truncated_bytes() > 0) fail("ends in the middle of a line");
}

static uint32_t u32(const char *at) {
  uint32_t value;
  std::memcpy(&value, at, 4);
  return value;
}
static uint16_t u16(const char *at) {
  uint16_t value;
  std::memcpy(&value, at, 2);
  return value;
}

static void countZip(const std::string &file, const std::string &day) {
  size_t end = file.size() - 22;
  while (u32(&file[end]) != 0x06054b50) end--;
  const char *entry = &file[u32(&file[end + 16])];
  std::string member;
  for (int left = u16(&file[end + 10]); left > 0; left--) {
    const uint32_t packed = u32(entry + 20), size = u32(entry + 24);
    const char *local = &file[u32(entry + 42)];
    const char *body = local + 30 + u16(local + 26) + u16(local + 28);
    member.resize(size + SIMDJSON_PADDING);
    if (u16(entry + 10) == 0) std::memcpy(&member[0], body, size);
    else {
      inflate_state state;
      isal_inflate_init(&state);
      state.next_in = (uint8_t *)body, state.avail_in = packed;
      state.next_out = (uint8_t *)&member[0], state.avail_out = size;
      if (isal_inflate(&state) != ISAL_DECOMP_OK || state.total_out != size) fail("a member that cannot be inflated");
    }
    if (crc32_gzip_refl(0, (const unsigned char *)member.data(), size) != u32(entry + 16)) fail("a member with a wrong CRC-32");
    if (size > 0) count(member.data(), size, day);
    entry += 46 + u16(entry + 28) + u16(entry + 30) + u16(entry + 32);
  }
}

static void write(const char *table, const Counts &counts) {
  for (size_t tag = 0; tag < tags.size(); tag++)
    for (const auto &[key, value] : counts[tag])
      std::printf("{\"table\":\"%s\",\"key\":[\"%s\",%s],\"value\":%llu}\n", table, tags[tag].c_str(), key.c_str(), (unsigned long long)value);
}

int main(int argc, char **argv) {
  for (int index = 2; index < argc; index++) {
    const std::string path = argv[index];
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    if (!in) fail(path + " cannot be opened");
    const size_t size = in.tellg();
    std::string bytes(size + SIMDJSON_PADDING, '\0');
    in.seekg(0);
    in.read(&bytes[0], size);
    const std::string day = "\"20" + path.substr(path.rfind("geoTwitter") + 10, 8) + '"';
    if (path.size() > 4 && path.compare(path.size() - 4, 4, ".zip") == 0) {
      bytes.resize(size);
      countZip(bytes, day);
    } else if (size > 0)
      count(bytes.data(), size, day);
  }
  write("lang", langs), write("country", countries), write("day", days);
}
