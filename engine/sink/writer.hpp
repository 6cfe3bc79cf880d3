// How a job's instance gets its rows out: the seam between the loop that makes results and what takes them.
//
// A writer belongs to one incarnation of one process. SinkClient (sink_server.hpp) writes to a store,
// TopicWriter (topic_writer.hpp) to a topic of the log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/sink/row_batch.hpp"
#include "sim/process.hpp"
#include "sim/task.hpp"

namespace wrackline::sink {

class Writer {
 public:
  virtual ~Writer() = default;

  /// Hands the rows over. `until_durable`: returns only once their fate is known. False: some rows were given
  /// up; what the application does then is its own affair.
  virtual sim::Task<bool> write(std::shared_ptr<const RowBatch> rows, std::int32_t generation,
                                bool until_durable) = 0;
  /// The application closes: what was handed over is still written out.
  virtual sim::Task<> drain() = 0;
  /// Something that was handed over has no answer yet.
  virtual bool busy() const = 0;
  /// The process ended (crashed, or stopped); called outside its tasks.
  virtual void process_ended() {}
};

/// Makes the writer of a new incarnation; `number` is the instance's in the run.
using WriterFactory = std::function<std::unique_ptr<Writer>(sim::Process&, std::uint32_t number)>;

}  // namespace wrackline::sink
