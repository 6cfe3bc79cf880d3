// flink.alignment: checkpoint barriers through an input gate, with producers that stop behind an aligned
// barrier, a mailbox that runs priority events and timers at once, and an operator that polls.
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/event_time/flink/checkpoint_barrier_handler.hpp"
#include "engine/event_time/flink/checkpoint_barrier_tracker.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

namespace {

using flink::model::Alignment;
using flink::model::AlignmentMetrics;
using flink::model::BarrierEvent;
using flink::model::BarrierEvents;
using flink::model::ChannelIndex;
using flink::model::CheckpointBarrier;
using flink::model::GateBuffer;
using flink::model::GateEvent;

constexpr const char* kMode = "execution.checkpointing.mode";
constexpr const char* kUnaligned = "execution.checkpointing.unaligned.enabled";
constexpr const char* kTimeout = "execution.checkpointing.aligned-checkpoint-timeout";
constexpr const char* kAfterFinish = "execution.checkpointing.checkpoints-after-tasks-finish.enabled";

struct Settings {
  std::size_t channels = 1;
  bool exactly_once = true;
  bool unaligned = false;
  std::int64_t timeout_ms = 0;
  bool after_finish = true;
  bool auto_poll = true;
};

std::int64_t milliseconds(const Json& duration) {
  if (duration.is_number_integer()) return duration;
  const std::string text = duration;
  std::size_t digits = 0;
  const long long number = std::stoll(text, &digits);
  std::string unit = text.substr(digits);
  while (!unit.empty() && unit.front() == ' ') unit.erase(unit.begin());
  if (unit == "ms" || unit.empty()) return number;
  if (unit == "s") return number * 1000;
  throw NotModelledError{"duration " + text};
}

Settings settings_of(const Json& config) {
  flink::only(config, "setting", {"channels", kMode, kUnaligned, kTimeout, kAfterFinish, "auto_poll"});
  Settings settings;
  settings.channels = config.at("channels");
  const std::string mode = config.value(kMode, "EXACTLY_ONCE");
  if (mode != "EXACTLY_ONCE" && mode != "AT_LEAST_ONCE") throw NotModelledError{"mode " + mode};
  settings.exactly_once = mode == "EXACTLY_ONCE";
  settings.unaligned = config.value(kUnaligned, false);
  if (config.contains(kTimeout)) settings.timeout_ms = milliseconds(config.at(kTimeout));
  settings.after_finish = config.value(kAfterFinish, true);
  settings.auto_poll = config.value("auto_poll", true);
  return settings;
}

const char* name(Alignment alignment) {
  switch (alignment) {
    case Alignment::at_least_once:
      return "AT_LEAST_ONCE";
    case Alignment::aligned:
      return "ALIGNED";
    case Alignment::unaligned:
      return "UNALIGNED";
  }
  return "";
}

const char* name(flink::model::AbortReason reason) {
  using Reason = flink::model::AbortReason;
  switch (reason) {
    case Reason::declined_subsumed:
      return "CHECKPOINT_DECLINED_SUBSUMED";
    case Reason::declined_on_cancellation_barrier:
      return "CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER";
    case Reason::declined_input_end_of_stream:
      return "CHECKPOINT_DECLINED_INPUT_END_OF_STREAM";
    case Reason::subsumed:
      return "CHECKPOINT_SUBSUMED";
  }
  return "";
}

class Frame {
 public:
  explicit Frame(const Settings& settings)
      : settings_{settings}, gate_{settings.channels}, producers_(settings.channels) {
    if (settings.exactly_once) {
      handler_.emplace(gate_, settings.unaligned, settings.after_finish);
    } else {
      tracker_.emplace(settings.channels, settings.after_finish);
    }
  }

  Json operator()(const Json& in) {
    flink::only(in, "operation", {"element", "barrier", "cancel", "end_of_partition", "advance", "poll"});
    events_ = Json::array();
    if (in.contains("element")) {
      send(in.at("element"), {.kind = GateBuffer::Kind::element, .element = in.at("element").at("id")});
    } else if (in.contains("barrier")) {
      send(in.at("barrier"), {.kind = GateBuffer::Kind::barrier, .barrier = barrier_of(in.at("barrier"))});
    } else if (in.contains("cancel")) {
      GateBuffer cancel{.kind = GateBuffer::Kind::cancel};
      cancel.barrier.id = in.at("cancel").at("id");
      send(in.at("cancel"), cancel);
    } else if (in.contains("end_of_partition")) {
      send(in.at("end_of_partition"), {.kind = GateBuffer::Kind::end_of_partition});
    } else if (in.contains("advance")) {
      advance(now_ms_ + in.at("advance").get<std::int64_t>());
    } else {
      const Json& k = in.at("poll");
      poll(k == "all" ? -1 : k.get<std::int64_t>());
    }
    pump();
    if (settings_.auto_poll) poll(-1);
    for (const auto& report : metrics().take_reports())
      events_.push_back({{"type", "aligned"},
                         {"checkpoint", report.checkpoint},
                         {"alignment_ms", report.alignment_ms},
                         {"elements_during_alignment", report.elements_during_alignment}});
    Json blocked = Json::array();
    for (ChannelIndex channel = 0; channel < producers_.size(); ++channel)
      if (producers_[channel].blocked) blocked.push_back(channel);
    return {
        {"events", events_},
        {"blocked", blocked},
        {"latest_checkpoint_id", handler_ ? handler_->latest_checkpoint() : tracker_->latest_checkpoint()}};
  }

 private:
  struct Producer {
    std::deque<GateBuffer> pending;
    bool blocked = false;
  };

  AlignmentMetrics& metrics() { return handler_ ? handler_->metrics() : tracker_->metrics(); }

  CheckpointBarrier barrier_of(const Json& in) const {
    flink::only(in, "barrier's", {"channel", "id", "ts", "savepoint", "as_unaligned"});
    CheckpointBarrier barrier{in.at("id"), in.at("ts"), Alignment::aligned, 0};
    if (!settings_.exactly_once) {
      barrier.alignment = Alignment::at_least_once;
    } else if (!in.value("savepoint", false) && settings_.unaligned) {
      barrier.aligned_timeout_ms = settings_.timeout_ms;
      if (settings_.timeout_ms == 0) barrier.alignment = Alignment::unaligned;
    }
    if (!in.value("as_unaligned", false)) return barrier;
    if (settings_.exactly_once && !settings_.unaligned)
      throw NotModelledError{"an unaligned barrier although unaligned checkpoints are off"};
    return barrier.as_unaligned();
  }

  void send(const Json& in, const GateBuffer& buffer) {
    const std::size_t channel = flink::index_of(in.at("channel"), producers_.size(), "channel");
    producers_[channel].pending.push_back(buffer);
  }

  /// Everybody sends what they may, channel by channel, and the mailbox runs after each buffer.
  void pump() {
    for (bool sent = true; sent;) {
      sent = false;
      for (ChannelIndex channel = 0; channel < producers_.size(); ++channel) {
        Producer& producer = producers_[channel];
        while (!producer.blocked && !producer.pending.empty()) {
          const GateBuffer buffer = producer.pending.front();
          producer.pending.pop_front();
          if (buffer.kind == GateBuffer::Kind::barrier) producer.blocked = buffer.barrier.blocks_upstream();
          BarrierEvents out;
          gate_.receive(channel, buffer, out);
          settle(out);
          run_mails();
          sent = true;
        }
      }
    }
  }

  void settle(const BarrierEvents& out) {
    for (const BarrierEvent& event : out) {
      switch (event.kind) {
        case BarrierEvent::Kind::trigger:
          events_.push_back({{"type", "trigger"},
                             {"checkpoint", event.checkpoint},
                             {"alignment", name(event.alignment)},
                             {"start_delay_ms", event.start_delay_ms}});
          break;
        case BarrierEvent::Kind::abort:
          events_.push_back(
              {{"type", "abort"}, {"checkpoint", event.checkpoint}, {"reason", name(event.reason)}});
          break;
        case BarrierEvent::Kind::persist:
          events_.push_back({{"type", "persist"},
                             {"checkpoint", event.checkpoint},
                             {"channel", event.channel},
                             {"elements", event.elements}});
          break;
        case BarrierEvent::Kind::resume:
          producers_[event.channel].blocked = false;
          break;
      }
    }
  }

  /// The recording's clock jumps first; then the timers that are due run, and only here.
  void advance(std::int64_t to_ms) {
    now_ms_ = to_ms;
    while (handler_ && handler_->timer_due_ms() && *handler_->timer_due_ms() <= now_ms_) {
      BarrierEvents out;
      handler_->on_timer(out);
      settle(out);
      run_mails();
      pump();
    }
  }

  void run_mails() {
    while (gate_.has_priority_event()) take(*gate_.poll());
  }

  /// Elements and ends of partitions count, -1 = all.
  void poll(std::int64_t k) {
    while (k != 0) {
      const std::optional<GateEvent> next = gate_.poll();
      if (!next) return;
      if (take(*next)) --k;
      run_mails();
      pump();
    }
  }

  /// Whether it was something for the operator.
  bool take(const GateEvent& next) {
    BarrierEvents out;
    const GateBuffer& buffer = next.buffer;
    switch (buffer.kind) {
      case GateBuffer::Kind::element:
        metrics().add_processed_element();
        events_.push_back({{"type", "element"}, {"channel", next.channel}, {"id", buffer.element}});
        return true;
      case GateBuffer::Kind::barrier:
        if (handler_) handler_->process_barrier(buffer.barrier, next.channel, now_ms_, out);
        if (tracker_) tracker_->process_barrier(buffer.barrier, next.channel, now_ms_, out);
        break;
      case GateBuffer::Kind::announcement:
        if (handler_)
          handler_->process_announcement(buffer.barrier, buffer.sequence, next.channel, now_ms_, out);
        break;
      case GateBuffer::Kind::cancel:
        if (handler_) handler_->process_cancellation(buffer.barrier.id, out);
        if (tracker_) tracker_->process_cancellation(buffer.barrier.id, next.channel, out);
        break;
      case GateBuffer::Kind::end_of_partition:
        if (handler_) handler_->process_end_of_partition(next.channel, now_ms_, out);
        if (tracker_) tracker_->process_end_of_partition(next.channel, now_ms_, out);
        settle(out);
        events_.push_back({{"type", "end_of_partition"}, {"channel", next.channel}});
        return true;
    }
    settle(out);
    return false;
  }

  Settings settings_;
  flink::model::InputGate gate_;
  std::optional<flink::model::CheckpointBarrierHandler> handler_;
  std::optional<flink::model::CheckpointBarrierTracker> tracker_;
  std::vector<Producer> producers_;
  std::int64_t now_ms_ = 0;
  Json events_;
};

}  // namespace

Session open_flink_alignment(const Json& recorded_case) {
  flink::version_of(recorded_case);
  return {{}, steps_of<Frame>(settings_of(recorded_case.at("config")))};
}

}  // namespace wrackline::conform
