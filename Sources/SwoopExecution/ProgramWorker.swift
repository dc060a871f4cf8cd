// The worker process of one program on a node: what it is doing, what waits for it, what it may be
// blamed for. AgentMachine+Workers decides with it.

package import SwoopModel

/// The worker process of one program, as the agent's machine sees it. There is at most one process
/// for each program; a program whose worker is gone keeps its place in the table.
///
/// Workers of two programs have as many slots each as the node has cores: the operating system
/// shares the cores between them for now, and the scheduler bounds the work of both together.
package struct ProgramWorker: Sendable {
    /// Where the process stands.
    package enum State: Equatable, Sendable {
        case absent
        case starting(WorkerID)
        case ready(WorkerID)
    }

    /// Why a process is not believed any more: it said, or its memory holds, what cannot be. It is
    /// killed, and that is the fault of what ran there.
    package struct Distrust: Equatable, Sendable {
        package var reason: String
        /// The signal that had stopped it; nil: it went on.
        package var stoppedBy: Int32?
        /// The run that said it; nil: nobody knows who wrote there.
        package var culprit: AttemptID?

        /// What does such a thing.
        var explanation: String {
            stoppedBy == nil
                ? "A task that writes outside of its own memory"
                : "A task that stops its own process, or somebody by hand,"
        }
    }

    /// A process that a signal has stopped: it holds its cores and memory, and does nothing.
    package struct Stop: Equatable, Sendable {
        package var signal: Int32
        /// Then it is killed, and that is the fault of what ran there.
        package var until: Timestamp
    }

    package let program: ProgramID
    package var state = State.absent
    /// Attempts in state `ready`, in the order in which they became so, and some that are gone.
    package var ready: [AttemptID] = []
    /// Attempts that the process has.
    package var dispatched = 0
    /// Whether it has a run that must be alone in it.
    package var isIsolating = false
    /// The process was killed by the machine: its end is nobody's fault, and it is given nothing.
    package var isKilling = false
    /// Why the process is not believed any more; nil: it is.
    package var distrust: Distrust?
    /// What has stopped the process; nil: it goes on.
    package var stop: Stop?
    /// Extents lent to the process and not yet filled.
    package var lent: [PageExtent] = []
    package var failedStarts = 0
    /// Processes in a row that died without telling of any run: there is nobody to charge.
    package var barrenDeaths = 0
    /// Whether the process told of a run since it started.
    package var hasReported = false
    /// When it last had a run, or became ready.
    package var lastUsed = Timestamp(nanoseconds: 0)

    package init(program: ProgramID) { self.program = program }

    /// The process; nil: there is none.
    package var id: WorkerID? {
        switch state {
        case .absent: nil
        case .starting(let id), .ready(let id): id
        }
    }

    /// Whether it could go: a process that is up and has nothing to do.
    var isIdle: Bool {
        guard case .ready = state else { return false }
        return dispatched == 0 && ready.isEmpty && !isKilling
    }
}
