#include "engine/workload/trace_lines.hpp"

#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace wrackline::workload {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;
static_assert(kBufferBytes > 2 * TraceLines::kLongestLine);
constexpr std::size_t kRawBytes = std::size_t{1} << 16;

}  // namespace

struct TraceBytes::Inflater {
  z_stream stream{};
  bool between_members = false;
};

TraceBytes::TraceBytes(std::istream& input) : input_{input}, raw_(kRawBytes) {
  while (end_ < 2 && refill()) continue;
  if (end_ < 2 || raw_[0] != '\x1f' || raw_[1] != '\x8b') return;
  inflater_ = std::make_unique<Inflater>();
  constexpr int kGzip = 16 + MAX_WBITS;
  const int made = inflateInit2(&inflater_->stream, kGzip);
  assert(made == Z_OK);
  static_cast<void>(made);
}

TraceBytes::~TraceBytes() {
  if (inflater_ != nullptr) inflateEnd(&inflater_->stream);
}

bool TraceBytes::refill() {
  if (ended_) return false;
  if (begin_ > 0) {
    std::memmove(raw_.data(), raw_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  input_.read(raw_.data() + end_, static_cast<std::streamsize>(raw_.size() - end_));
  const auto got = static_cast<std::size_t>(input_.gcount());
  end_ += got;
  if (input_.bad()) damage_ = "the file can not be read further";
  if (got == 0) ended_ = true;
  return got > 0;
}

std::size_t TraceBytes::read(char* to, std::size_t room) {
  if (inflater_ == nullptr) {
    if (begin_ == end_ && !refill()) return 0;
    const std::size_t n = std::min(room, end_ - begin_);
    std::memcpy(to, raw_.data() + begin_, n);
    begin_ += n;
    return n;
  }
  z_stream& z = inflater_->stream;
  while (damage_.empty()) {
    if (begin_ == end_ && !refill()) {
      if (!inflater_->between_members) damage_ = "the gzip data end in the middle";
      return 0;
    }
    if (inflater_->between_members) {
      // What follows a member is another one, or padding that gzip ignores too.
      if (raw_[begin_] != '\x1f') return 0;
      inflateReset(&z);
      inflater_->between_members = false;
    }
    z.next_in = reinterpret_cast<Bytef*>(raw_.data() + begin_);
    z.avail_in = static_cast<uInt>(end_ - begin_);
    z.next_out = reinterpret_cast<Bytef*>(to);
    z.avail_out = static_cast<uInt>(room);
    const int result = inflate(&z, Z_NO_FLUSH);
    begin_ = end_ - z.avail_in;
    if (result == Z_STREAM_END) {
      inflater_->between_members = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      damage_ = "the gzip data are damaged";
    }
    const std::size_t got = room - z.avail_out;
    if (got > 0) return got;
  }
  return 0;
}

TraceLines::TraceLines(std::istream& input) : bytes_{input}, buffer_(kBufferBytes) {}

bool TraceLines::refill() {
  if (ended_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t got = bytes_.read(buffer_.data() + end_, buffer_.size() - end_);
  end_ += got;
  if (got == 0) ended_ = true;
  return got > 0;
}

TraceLines::Got TraceLines::next(std::string_view& line) {
  ++number_;
  bool too_long = false;
  std::size_t searched = 0;
  while (true) {
    const char* start = buffer_.data() + begin_;
    const auto* newline =
        static_cast<const char*>(std::memchr(start + searched, '\n', end_ - begin_ - searched));
    if (newline != nullptr) {
      line = {start, static_cast<std::size_t>(newline - start)};
      begin_ += line.size() + 1;
      break;
    }
    searched = end_ - begin_;
    if (searched > kLongestLine) {
      too_long = true;
      begin_ = end_;
      searched = 0;
    }
    if (!refill()) {
      line = {buffer_.data() + begin_, searched};
      begin_ = end_;
      if (searched == 0 && !too_long) return Got::end;
      break;
    }
  }
  if (too_long || line.size() > kLongestLine) return Got::too_long;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return Got::line;
}

}  // namespace wrackline::workload
