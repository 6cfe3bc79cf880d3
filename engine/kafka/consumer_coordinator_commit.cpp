// Commits of ConsumerCoordinator (C-4, C-6) and its blocking calls, commit_sync and close, as steps.
#include <algorithm>
#include <cassert>

#include "engine/kafka/consumer_coordinator.hpp"

namespace wrackline::kafka {

namespace {

/// No single wait for the network is longer (ConsumerNetworkClient.MAX_POLL_TIMEOUT_MS).
constexpr std::int64_t kLongestWaitMs = 5000;

CoordinatorPoll blocked() { return {}; }

}  // namespace

ConsumerCoordinator::Failure ConsumerCoordinator::invoke_completed(std::int64_t now_ms) {
  // A fenced instance must not go on: every call says so from now on, and no callback runs any more.
  if (async_commit_fenced_) return failed_with(Errors::fenced_instance_id);
  while (!completed_.empty()) {
    Completion completion = std::move(completed_.front());
    completed_.pop_front();
    const Failure& exception = completion.result.exception;
    if (completion.user) {
      commit_results_.push_back(std::move(completion.result));
    } else if (exception && exception->name == "RetriableCommitFailedException") {
      auto_commit_at_ms_ = now_ms + config_.retry_backoff_ms;
    }
  }
  return std::nullopt;
}

void ConsumerCoordinator::send_commit(Commit commit, std::int64_t now_ms) {
  commit.find = 0;
  if (commit.offsets.empty()) return finish_commit(commit, std::nullopt);
  if (coordinator_unknown(now_ms))
    return finish_commit(commit, failed_with(Errors::coordinator_not_available));
  OffsetCommitRequest request;
  request.group = config_.group;
  request.offsets = commit.offsets;
  MemberGeneration sent;
  if (subscriptions_.auto_assigned()) {
    const std::optional<MemberGeneration> generation = generation_if_stable();
    if (!generation) {
      return finish_commit(commit, rebalance_in_progress() ? failed_with(Errors::rebalance_in_progress)
                                                           : failed_with("CommitFailedException", false));
    }
    sent = *generation;
    request.instance_id = config_.instance_id;
  }
  request.generation = sent.id;
  request.member_id = sent.member_id;
  InFlight& in_flight = send(Api::commit, std::move(request), now_ms);
  in_flight.sent = sent;
  in_flight.commit = commit.key;
  commits_.push_back(std::move(commit));
}

void ConsumerCoordinator::finish_commit(const Commit& commit, Failure failure) {
  if (commit.purpose == Purpose::sync) {
    if (commit.key != sync_.key) return;  // of a call that gave up
    sync_.done = true;
    sync_.failure = std::move(failure);
    return;
  }
  if (commit.purpose == Purpose::before_join && before_join_ && commit.key == before_join_->key) {
    before_join_->done = true;
    before_join_->retry = failure && failure->retriable;
  }
  if (failure && failure->retriable) {
    const std::string_view cause = failure->name;
    failure = failed_with("RetriableCommitFailedException", true);
    failure->cause = cause;
  }
  if (failure && failure->code == Errors::fenced_instance_id) async_commit_fenced_ = true;
  completed_.push_back({commit.purpose == Purpose::user, {commit.id, commit.offsets, std::move(failure)}});
}

void ConsumerCoordinator::release_waiting_commits(RequestId find, const Failure& failure,
                                                  std::int64_t now_ms) {
  while (true) {
    const auto at = std::find_if(commits_.begin(), commits_.end(),
                                 [&](const Commit& commit) { return commit.find == find; });
    if (at == commits_.end()) return;
    Commit commit = std::move(*at);
    commits_.erase(at);
    if (!failure) {
      send_commit(std::move(commit), now_ms);
      network_.poll(now_ms);
      continue;
    }
    ConsumerException wrapped = failed_with("RetriableCommitFailedException", true);
    wrapped.cause = failure->name;
    completed_.push_back({commit.purpose == Purpose::user, {commit.id, commit.offsets, std::move(wrapped)}});
  }
}

bool ConsumerCoordinator::commit_or_wait(Commit commit, Failure& failure, std::int64_t now_ms) {
  if (commit.offsets.empty() || !coordinator_unknown(now_ms) || ensure_coordinator_ready(failure, now_ms)) {
    send_commit(std::move(commit), now_ms);
    network_.poll(now_ms);
    return true;
  }
  if (failure) return true;
  lookup_coordinator(now_ms);
  commit.find = find_->id;
  commits_.push_back(std::move(commit));
  network_.poll(now_ms);
  return false;
}

ConsumerCoordinator::AsyncCommit ConsumerCoordinator::commit_async(std::vector<OffsetToCommit> offsets,
                                                                   std::int64_t now_ms) {
  AsyncCommit result;
  result.commit = next_commit_id_++;
  result.exception = invoke_completed(now_ms);
  if (result.exception) return result;
  Commit commit;
  commit.key = next_commit_key_++;
  commit.id = result.commit;
  commit.offsets = std::move(offsets);
  commit_or_wait(std::move(commit), result.exception, now_ms);
  return result;
}

bool ConsumerCoordinator::auto_commit_async(Purpose purpose, Failure& failure, std::int64_t now_ms) {
  failure = invoke_completed(now_ms);
  if (failure) return false;
  Commit commit;
  commit.key = next_commit_key_++;
  commit.purpose = purpose;
  commit.offsets = subscriptions_.all_consumed();
  if (purpose == Purpose::before_join) before_join_ = BeforeJoin{commit.key, false, false};
  const bool sent = commit_or_wait(std::move(commit), failure, now_ms);
  if (!sent || failure) before_join_.reset();
  return sent;
}

ConsumerCoordinator::Failure ConsumerCoordinator::maybe_auto_commit(std::int64_t now_ms) {
  Failure failure;
  if (!config_.auto_commit || now_ms < auto_commit_at_ms_) return failure;
  auto_commit_at_ms_ = now_ms + config_.auto_commit_interval_ms;
  auto_commit_async(Purpose::periodic, failure, now_ms);
  return failure;
}

bool ConsumerCoordinator::sleep(std::int64_t now_ms, std::int64_t deadline_ms) {
  if (deadline_ms <= now_ms) return false;
  asleep_until_ms_ = std::min(now_ms + config_.retry_backoff_ms, deadline_ms);
  return true;
}

std::int64_t ConsumerCoordinator::blocked_until_ms(std::int64_t now_ms) const {
  if (asleep_until_ms_) return *asleep_until_ms_;
  const std::int64_t longest_ms = network_.in_flight() == 0 ? config_.retry_backoff_ms : kLongestWaitMs;
  return std::max(now_ms, std::min(blocked_deadline_ms_, now_ms + longest_ms));
}

void ConsumerCoordinator::start_commit_sync(std::vector<OffsetToCommit> offsets, std::int64_t timeout_ms,
                                            std::int64_t now_ms) {
  sync_ = {};
  sync_.key = next_commit_key_++;
  sync_.offsets = std::move(offsets);
  sync_.deadline_ms = now_ms + timeout_ms;
}

ConsumerCoordinator::SyncCommit ConsumerCoordinator::continue_commit_sync(std::int64_t now_ms) {
  const std::int64_t deadline_ms = sync_.deadline_ms;
  blocked_deadline_ms_ = deadline_ms;
  asleep_until_ms_.reset();
  const auto finished = [](bool committed) { return SyncCommit{true, committed, std::nullopt}; };
  const auto thrown = [](ConsumerException exception) {
    return SyncCommit{true, false, std::move(exception)};
  };
  const auto in_flight = [&] {
    return std::any_of(commits_.begin(), commits_.end(), [](const Commit& commit) {
      return commit.purpose != Purpose::sync && commit.find == 0;
    });
  };
  // Looks at the network and waits for it, unless there is nothing to wait for; true when the wait is over.
  const auto waited = [&](bool needless) {
    if (!sync_.polling) {
      network_.transmit(now_ms);
      sync_.polling = !needless;
      if (sync_.polling) return false;
    }
    sync_.polling = false;
    network_.dispatch(now_ms);
    return true;
  };
  while (true) {
    switch (sync_.stage) {
      case SyncStage::start:
        if (Failure failure = invoke_completed(now_ms)) return thrown(std::move(*failure));
        sync_.stage = sync_.offsets.empty() ? SyncStage::drain : SyncStage::attempt;
        break;
      case SyncStage::attempt: {
        if (coordinator_unknown(now_ms)) {
          lookup_coordinator(now_ms);
          sync_.stage = SyncStage::find;
          break;
        }
        sync_.done = false;
        sync_.failure.reset();
        Commit commit;
        commit.key = sync_.key;
        commit.purpose = Purpose::sync;
        commit.offsets = sync_.offsets;
        send_commit(std::move(commit), now_ms);
        sync_.stage = SyncStage::commit;
        break;
      }
      case SyncStage::find: {
        if (!waited(false)) return {};
        if (find_ && !find_->done) {
          if (now_ms >= deadline_ms) return finished(false);
          break;
        }
        // The heartbeat thread may have taken the answer meanwhile: then it shows in whether the coordinator
        // is known.
        const Failure failure = find_ ? find_->failure : Failure{};
        if (failure && failure->retriable) {
          sync_.stage = SyncStage::find_backoff;
          if (sleep(now_ms, deadline_ms)) return {};
          break;
        }
        find_.reset();
        if (failure) return thrown(*failure);
        if (coordinator_unknown(now_ms) && now_ms >= deadline_ms) return finished(false);
        sync_.stage = SyncStage::attempt;
        break;
      }
      case SyncStage::find_backoff:
        if (!sync_.polling) metadata_.request_update();
        if (!waited(false)) return {};
        find_.reset();
        if (coordinator_unknown(now_ms) && now_ms >= deadline_ms) return finished(false);
        sync_.stage = SyncStage::attempt;
        break;
      case SyncStage::commit:
        if (!waited(sync_.done)) return {};
        if (!sync_.done && now_ms < deadline_ms) break;
        if (Failure failure = invoke_completed(now_ms)) return thrown(std::move(*failure));
        if (sync_.done && !sync_.failure) return finished(true);
        if (sync_.done && !sync_.failure->retriable) return thrown(*sync_.failure);
        sync_.stage = SyncStage::backoff;
        if (sleep(now_ms, deadline_ms)) return {};
        break;
      case SyncStage::backoff:
        if (now_ms >= deadline_ms) return finished(false);
        sync_.stage = SyncStage::attempt;
        break;
      case SyncStage::drain:
        if (!in_flight()) return finished(true);
        if (!sync_.polling && coordinator_unknown(now_ms)) lookup_coordinator(now_ms);
        if (!waited(false)) return {};
        if (find_ && find_->done) find_.reset();
        if (Failure failure = invoke_completed(now_ms)) return thrown(std::move(*failure));
        if (!in_flight()) return finished(true);
        sync_.stage = SyncStage::drain_backoff;
        if (sleep(now_ms, deadline_ms)) return {};
        break;
      case SyncStage::drain_backoff:
        if (now_ms >= deadline_ms) return finished(false);
        sync_.stage = SyncStage::drain;
        break;
    }
  }
}

void ConsumerCoordinator::start_close(LeaveOnClose how, std::int64_t timeout_ms, std::int64_t now_ms) {
  close_ = {};
  close_.how = how;
  close_.deadline_ms = now_ms + timeout_ms;
  if (config_.auto_commit) {
    start_commit_sync(subscriptions_.all_consumed(), timeout_ms, now_ms);
  } else {
    close_.stage = CloseStage::pending;
  }
}

CoordinatorPoll ConsumerCoordinator::continue_close(std::int64_t now_ms) {
  CoordinatorPoll done;
  done.kind = CoordinatorPoll::Kind::ready;
  while (true) {
    switch (close_.stage) {
      case CloseStage::commit:
        // C-4: whatever this commit ends with, the consumer closes.
        if (!continue_commit_sync(now_ms).done) return blocked();
        close_.stage = CloseStage::pending;
        break;
      case CloseStage::pending: {
        asleep_until_ms_.reset();
        blocked_deadline_ms_ = close_.deadline_ms;
        const bool waiting = std::any_of(commits_.begin(), commits_.end(),
                                         [](const Commit& commit) { return commit.find != 0; });
        if (!close_.polling && (!waiting || now_ms >= close_.deadline_ms)) {
          close_.stage = CloseStage::leave;
          break;
        }
        if (!close_.polling) {
          if (coordinator_unknown(now_ms)) lookup_coordinator(now_ms);
          network_.transmit(now_ms);
          close_.polling = true;
          return blocked();
        }
        close_.polling = false;
        network_.dispatch(now_ms);
        if (find_ && find_->done) find_.reset();
        if (invoke_completed(now_ms)) close_.stage = CloseStage::leave;
        break;
      }
      case CloseStage::leave:
        thread_exists_ = false;
        thread_enabled_ = false;
        if (!close_.leaving) {
          close_.leaving = true;
          if (auto callback = prepare_leave())
            return callback_poll(callback->kind, std::move(callback->partitions));
        }
        leave_group(close_.how, now_ms);
        close_.stage = CloseStage::await;
        // Lets the actor send, without a wait.
        close_.polling = true;
        asleep_until_ms_ = now_ms;
        return blocked();
      case CloseStage::await:
        asleep_until_ms_.reset();
        blocked_deadline_ms_ = close_.deadline_ms;
        if (close_.polling) {
          close_.polling = false;
          network_.dispatch(now_ms);
        }
        if (!close_.await_from) close_.await_from = coordinator_unknown(now_ms) ? kNoBroker : coordinator_;
        if (*close_.await_from == kNoBroker || now_ms >= close_.deadline_ms ||
            !network_.has_pending({*close_.await_from, true})) {
          return done;
        }
        network_.transmit(now_ms);
        close_.polling = true;
        return blocked();
    }
  }
}

}  // namespace wrackline::kafka
