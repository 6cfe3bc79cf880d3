#include "sim/run_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "sim/event_id.hpp"

namespace wrackline::sim {

std::string to_string(Hash128 hash) { return fmt::format("{:016x}{:016x}", hash.high, hash.low); }

Hash128 RunHash::value() const {
  return {mix(first_ ^ (second_ >> 32)), mix(second_ + 0x9e3779b97f4a7c15U * first_)};
}

std::string to_string(const EventRecord& record) {
  std::string text = fmt::format("event {} at {} ns, priority {}, {} #{}", record.index, to_ns(record.at),
                                 record.priority, record.source, record.counter);
  for (const std::string& moment : record.moments) text += fmt::format("\n    {}", moment);
  return text + fmt::format("\n    hash after {}", to_string(record.after));
}

void HashTrail::add(const Checkpoint& checkpoint) {
  checkpoints_.push_back(checkpoint);
  if (checkpoints_.size() < kMost) return;
  interval_ *= 2;
  std::erase_if(checkpoints_, [this](const Checkpoint& kept) { return kept.events % interval_ != 0; });
}

std::string HashTrail::save() const {
  std::string text = fmt::format("wrackline-hash-trail 1 {}\n", interval_);
  auto line = [&text](std::string_view kind, const Checkpoint& checkpoint) {
    text += fmt::format("{} {} {} {}\n", kind, checkpoint.events, to_ns(checkpoint.at),
                        to_string(checkpoint.hash));
  };
  for (const Checkpoint& checkpoint : checkpoints_) line("at", checkpoint);
  line("end", last_);
  return text;
}

namespace {

class Words {
 public:
  explicit Words(std::string_view text) : rest_{text} {}
  bool done() {
    skip();
    return rest_.empty();
  }
  std::string_view next() {
    skip();
    const std::size_t end = std::min(rest_.find_first_of(" \r\n"), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }
  template <class Number>
  bool number(Number& value, int base = 10) {
    return parse(next(), value, base);
  }
  bool hash(Hash128& hash) {
    const std::string_view word = next();
    return word.size() == 32 && parse(word.substr(0, 16), hash.high, 16) &&
           parse(word.substr(16), hash.low, 16);
  }

 private:
  template <class Number>
  static bool parse(std::string_view word, Number& value, int base) {
    const char* const end = word.data() + word.size();
    const auto [stopped, error] = std::from_chars(word.data(), end, value, base);
    return error == std::errc{} && stopped == end && !word.empty();
  }
  void skip() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \r\n"), rest_.size())); }
  std::string_view rest_;
};

}  // namespace

std::optional<HashTrail> HashTrail::load(const std::string& text) {
  Words words{text};
  std::uint64_t version = 0;
  HashTrail trail;
  if (words.next() != "wrackline-hash-trail" || !words.number(version) || version != 1) return std::nullopt;
  if (!words.number(trail.interval_) || trail.interval_ == 0) return std::nullopt;
  while (!words.done()) {
    const std::string_view kind = words.next();
    Checkpoint checkpoint;
    std::int64_t at_ns = 0;
    if (!words.number(checkpoint.events) || !words.number(at_ns) || !words.hash(checkpoint.hash)) {
      return std::nullopt;
    }
    checkpoint.at = from_ns(at_ns);
    if (kind == "end") {
      trail.last_ = checkpoint;
      return words.done() ? std::optional{trail} : std::nullopt;
    }
    if (kind != "at") return std::nullopt;
    trail.checkpoints_.push_back(checkpoint);
  }
  return std::nullopt;
}

std::optional<EventWindow> differing_window(const HashTrail& a, const HashTrail& b) {
  if (a.last() == b.last()) return std::nullopt;
  std::uint64_t equal = 0;
  const auto& in_b = b.checkpoints();
  auto other = in_b.begin();
  for (const Checkpoint& checkpoint : a.checkpoints()) {
    while (other != in_b.end() && other->events < checkpoint.events) ++other;
    if (other == in_b.end()) break;
    if (other->events != checkpoint.events) continue;
    if (!(*other == checkpoint)) return EventWindow{equal, checkpoint.events};
    equal = checkpoint.events;
  }
  return EventWindow{equal, std::max(a.last().events, b.last().events) + 1};
}

std::optional<Difference> first_difference(const RepeatRun& a, const RepeatRun& b) {
  const std::optional<EventWindow> window = differing_window(a({}).trail, b({}).trail);
  if (!window) return std::nullopt;
  const std::vector<EventRecord> in_a = a(*window).records;
  const std::vector<EventRecord> in_b = b(*window).records;
  for (std::size_t i = 0; i < std::max(in_a.size(), in_b.size()); ++i) {
    Difference difference{window->begin + i, std::nullopt, std::nullopt};
    if (i < in_a.size()) difference.a = in_a[i];
    if (i < in_b.size()) difference.b = in_b[i];
    if (difference.a != difference.b) return difference;
  }
  return std::nullopt;
}

std::string to_string(const Difference& difference) {
  auto side = [](const std::optional<EventRecord>& record) {
    return record ? to_string(*record) : std::string{"the run had ended"};
  };
  return fmt::format("first difference at event {}\n- {}\n+ {}\n", difference.index, side(difference.a),
                     side(difference.b));
}

}  // namespace wrackline::sim
