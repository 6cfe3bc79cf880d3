// The consumer's requests between being asked for and being answered: queued, in flight, answered but not
// looked at.
//
// A client looks at its network only when it polls. So `send` queues; `transmit` (part of every poll) moves
// what can go into `outbox()`, from where the actor puts it on the wire; `deliver` and `connection_lost` are
// called by the actor when something arrives and only note it; `dispatch` (part of every poll) hands it
// to the owner of the request.
//
// Modelled: request timeouts (they cost the whole connection and every request on it), connection loss, no
// sending to a node while its connection is down (reconnect backoff). Elsewhere: the set-up of connections
// (cluster_client.hpp), metadata requests (consumer_metadata.hpp). From: ConsumerNetworkClient, NetworkClient.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kafka/consumer_messages.hpp"

namespace wrackline::kafka {

/// FindCoordinator may go to any broker: the actor picks the least loaded.
inline constexpr BrokerId kAnyBroker = -2;

struct OutgoingRequest {
  RequestId id = 0;
  BrokerId node = kAnyBroker;
  /// Group requests use a connection of their own, so that a fetch in flight does not delay a heartbeat.
  bool coordinator_connection = false;
  ConsumerRequestBody body;
};

/// Owns some of the requests in flight.
class ResponseHandler {
 public:
  virtual ~ResponseHandler() = default;
  /// Answers whether the request was one of its own.
  virtual bool handle(RequestId id, ConsumerResponseBody& body, std::int64_t now_ms) = 0;
};

/// Asked at every look at the network; sends a metadata request when one is wanted.
class MetadataUpdater {
 public:
  virtual ~MetadataUpdater() = default;
  virtual void maybe_update(std::int64_t now_ms) = 0;
};

class ConsumerNetworkClient {
 public:
  struct Arrived {
    RequestId id = 0;
    ConsumerResponseBody body;
  };
  struct Connection {
    BrokerId node = kAnyBroker;
    bool coordinator = false;
    bool operator==(const Connection&) const = default;
  };

  explicit ConsumerNetworkClient(std::int64_t request_timeout_ms) : request_timeout_ms_{request_timeout_ms} {}

  RequestId send(Connection to, ConsumerRequestBody body, std::int64_t now_ms,
                 std::optional<std::int64_t> timeout_ms = std::nullopt);

  void add_handler(ResponseHandler* handler) { handlers_.push_back(handler); }
  /// Optional: an actor may as well watch ConsumerMetadata::update_requested itself.
  void set_metadata_updater(MetadataUpdater* updater) { metadata_updater_ = updater; }
  /// One look at the network: `transmit`, then `dispatch`. What a handler asks to send goes out with the next
  /// look.
  void poll(std::int64_t now_ms);
  /// Expires requests and moves queued ones into the outbox.
  void transmit(std::int64_t now_ms);
  /// Hands every answer that has arrived to the owner of its request.
  void dispatch(std::int64_t now_ms);

  void deliver(RequestId id, ConsumerResponseBody body);
  void connection_lost(Connection connection);
  /// Neither an answer nor a failure will ever be reported for this request.
  void abandon(RequestId id);
  /// The client gives the connection up itself (NOT_COORDINATOR, session expired); takes effect with the next
  /// look.
  void disconnect(Connection connection);
  void set_unavailable_until(Connection connection, std::int64_t until_ms);
  bool is_unavailable(Connection connection, std::int64_t now_ms) const;

  bool has_pending(Connection connection) const;
  std::size_t in_flight() const;
  bool has_arrived() const { return next_arrived_ < arrived_.size(); }
  std::int64_t next_deadline_ms() const;

  std::vector<OutgoingRequest>& outbox() { return outbox_; }
  /// Connections to close, decided by the client.
  std::vector<Connection>& closed() { return closed_; }

 private:
  struct Open {
    RequestId id = 0;
    Connection connection;
    std::int64_t created_ms = 0;
    std::int64_t timeout_ms = 0;
    bool sent = false;
    ConsumerRequestBody body;  ///< until it is sent
  };
  struct Down {
    Connection connection;
    std::int64_t until_ms = 0;
  };

  void expire(std::int64_t now_ms);
  void fail_all(Connection connection);

  std::int64_t request_timeout_ms_;
  std::vector<ResponseHandler*> handlers_;
  MetadataUpdater* metadata_updater_ = nullptr;
  RequestId next_id_ = 1;
  std::vector<Open> open_;
  std::vector<Arrived> arrived_;
  std::size_t next_arrived_ = 0;  ///< in arrived_
  std::vector<Connection> to_close_;
  std::vector<Down> down_;
  std::vector<OutgoingRequest> outbox_;
  std::vector<Connection> closed_;
};

}  // namespace wrackline::kafka
