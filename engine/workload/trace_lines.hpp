// The lines of a trace, from a stream that is never held whole; gzip (one or several members, recognised by
// their magic bytes) is inflated on the way. Overlong lines are passed over in pieces, not collected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::workload {

/// Bytes of a stream, inflated where they are gzip.
class TraceBytes {
 public:
  explicit TraceBytes(std::istream& input);
  ~TraceBytes();
  TraceBytes(const TraceBytes&) = delete;
  TraceBytes& operator=(const TraceBytes&) = delete;

  /// Up to `room` bytes; 0 at the end, and where the data are damaged.
  std::size_t read(char* to, std::size_t room);
  bool is_gzip() const { return inflater_ != nullptr; }
  /// Why the bytes ended before their end; empty if they did not.
  const std::string& damage() const { return damage_; }

 private:
  struct Inflater;
  bool refill();

  std::istream& input_;
  std::vector<char> raw_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::unique_ptr<Inflater> inflater_;
  bool ended_ = false;
  std::string damage_;
};

class TraceLines {
 public:
  static constexpr std::size_t kLongestLine = 4096;

  explicit TraceLines(std::istream& input);

  enum class Got : std::uint8_t { line, too_long, end };
  /// The next line without its end (LF or CRLF); valid until the next call.
  Got next(std::string_view& line);
  /// Number of the line given last, from 1.
  std::uint64_t number() const { return number_; }
  bool is_gzip() const { return bytes_.is_gzip(); }
  const std::string& damage() const { return bytes_.damage(); }

 private:
  bool refill();

  TraceBytes bytes_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
  std::uint64_t number_ = 0;
};

}  // namespace wrackline::workload
