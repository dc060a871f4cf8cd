// Facts that reach the agent's machine, and its orders.

package import SwoopModel

/// How a worker process ended, as far as its agent can tell.
package struct WorkerDeath: Equatable, Sendable {
    /// Signal that ended it; 0: it left by itself.
    package var signal: Int32
    /// Exit status when it left by itself.
    package var status: Int32
    /// The run on the thread that crashed, from the worker's crash area.
    package var culprit: AttemptID?
    /// The runs that were on its slots, from the slot table: more exact than reports, which come
    /// late.
    package var onSlots: [AttemptID]
    /// It used an address next to zero, where nothing is.
    package var isNextToZero: Bool
    /// Offsets of the crashing thread's program counters, innermost first.
    package var frames: [UInt64]
    /// File name of their image; empty for the program itself.
    package var image: String
    /// The last lines that the process wrote to standard error.
    package var lastOutput: [String]

    package init(
        signal: Int32, status: Int32, culprit: AttemptID? = nil, onSlots: [AttemptID] = [],
        isNextToZero: Bool = false, frames: [UInt64] = [], image: String = "",
        lastOutput: [String] = []
    ) {
        self.signal = signal
        self.status = status
        self.culprit = culprit
        self.onSlots = onSlots
        self.isNextToZero = isNextToZero
        self.frames = frames
        self.image = image
        self.lastOutput = lastOutput
    }
}

/// Why a page did not come.
package enum FetchFailure: UInt8, Hashable, Sendable, CaseIterable {
    /// No connection to the node that has it; it may be had through the coordinator.
    case unreachable
    /// The node that was asked does not have it, or the coordinator says that it cannot be had.
    case absent
    /// There is no room for it in this node's arena.
    case noRoom
    /// Its bytes are not those that were written.
    case damaged
}

/// A fact for the agent's machine.
package enum AgentEvent: Sendable {
    /// The coordinator took the node in.
    case accepted(NodeID)
    /// The coordinator granted a lease.
    case leaseGranted(Lease)
    /// The coordinator took attempts back.
    case attemptsRevoked([AttemptID])
    /// The coordinator asked for attempts that were not begun: another node is idle.
    case attemptsRecalled([AttemptID])
    /// Nothing needs these outputs any more.
    case outputsDropped([TaskID])
    /// Client data was stored in the arena.
    case dataStored(TaskID, PageExtent)
    /// Client data could not be stored.
    case dataRefused(TaskID, String)
    /// The coordinator wants room for a page that a client on this machine writes.
    case lendWanted(TaskID, byteCount: Int64)
    /// An extent was taken for such a page.
    case extentLentToClient(TaskID, PageExtent)
    /// The client wrote the page there.
    case dataWritten(TaskID, OutputPart)
    /// The coordinator wants copies of pages to be kept here.
    case copiesWanted([PageCopy])
    /// A page came from another node.
    case pageFetched(TaskID, PageExtent)
    /// A page could not be had, directly or through the coordinator, and why.
    case fetchFailed(TaskID, FetchFailure)
    /// Another node asks for a range of the page that ends there; the token names the question.
    case rangeWanted(TaskID, token: UInt64, upTo: Int64 = .max)
    /// The first so many bytes of a page that is on its way are here.
    case pageGrew(TaskID, upTo: Int64)
    /// The bytes of a range of the page have left this memory, or were read from the disk.
    case rangeSent(TaskID, PageMedium = .memory)
    /// Anything came from the coordinator.
    case coordinatorHeard
    /// Somebody asks for the bytes of an output.
    case outputRequested(TaskID)
    /// A worker process is up and listens.
    case workerReady(WorkerID)
    /// A signal has stopped a worker process: it has that number on its node.
    case workerStopped(WorkerID, process: Int32, signal: Int32)
    /// A worker process that was stopped goes on.
    case workerContinued(WorkerID)
    /// A worker process ended.
    case workerExited(WorkerID, WorkerDeath)
    /// What a worker shares with its agent holds what cannot be, and why.
    case workerSpoilt(WorkerID, reason: String)
    /// Somebody needs memory for a page.
    case roomWanted(RoomUse, byteCount: Int64)
    /// What was to be allocated was.
    case roomGiven(RoomUse)
    /// It was not, and why; so many bytes are free, though not in one piece.
    case roomMissing(RoomUse, freeBytes: Int64, reason: String)
    /// There is no room on the disk either, and why.
    case roomOnDiskMissing(RoomUse, byteCount: Int64, reason: String)
    /// A page lies on the disk now as well.
    case pageSpilled(TaskID, from: PageExtent, to: PageExtent)
    /// It could not be written: it is in memory as before.
    case spillFailed(TaskID, PageExtent, reason: String)
    /// The bytes of a page here are not those that were written; who found it out.
    case pageDamaged(TaskID, by: AttemptID?)
    /// An extent was given to a worker to write a page in.
    case extentLent(WorkerID, PageExtent)
    /// The worker will not fill an extent that it was given.
    case extentAbandoned(WorkerID, PageExtent)
    /// The worker filled an extent with the output of a run.
    case outputStored(WorkerID, AttemptID, PageExtent)
    /// News of runs.
    case workerReported(WorkerID, [RunReport])
    /// This process itself was away for so many nanoseconds: what others said lies unread.
    case paused(Int64)
    /// The time that `nextDeadline` named has come, and everything that waited was read.
    case deadlineReached
}

/// An order of the agent's machine.
package enum AgentEffect: Equatable, Sendable {
    /// Start a worker process of this program under this id.
    case startWorker(WorkerID, ProgramID)
    /// End a worker process at once.
    case killWorker(WorkerID)
    /// Tell the worker of functions.
    case declare(WorkerID, first: UInt32, [FunctionSpec])
    /// Hand runs to the worker.
    case dispatch(WorkerID, [RunOrder])
    /// Ask the worker to stop a run at its next stride's end.
    case cancelRun(WorkerID, AttemptID)
    /// Ask the worker for a run that it has not begun.
    case recallRun(WorkerID, AttemptID)
    /// Tell the coordinator where there is room for a page that a client writes.
    case tellLent(TaskID, PageExtent)
    /// Tell the coordinator.
    case report([RunReport])
    /// Tell the coordinator that a copy that it wanted is here.
    case tellCopied(TaskID)
    /// Tell it that a copy cannot be had or kept.
    case tellNotCopied(TaskFailure)
    /// Give an extent back to the arena, or to the spill file.
    case free(PageExtent)
    /// Take memory for this use: `roomGiven` or `roomMissing` follows.
    case allocate(RoomUse, byteCount: Int64)
    /// Let a worker write a page to the disk itself: `extentLent` or `roomOnDiskMissing` follows.
    case allocateOnDisk(RoomUse, byteCount: Int64)
    /// There will be no room for this use.
    case refuseRoom(RoomUse, reason: String)
    /// Write a page to the disk: it stays until `pageSpilled` or `spillFailed`.
    case spill(TaskID, PageExtent)
    /// Copy an output from another node, straight from there, or a part of one.
    case fetch(TaskID, from: NodeID, StoredPages, OutputSlice?)
    /// Ask the coordinator for a page of a node that cannot be reached from here.
    case relay(TaskID, from: NodeID)
    /// Send the range that was asked for under this token: the page stays until `rangeSent`.
    case sendRange(token: UInt64, TaskID, PageExtent)
    /// Send the range that was asked for under this token of a page that is still on its way.
    case sendArrived(token: UInt64, TaskID)
    /// Answer the question under this token: nothing is stored under the task.
    case refuseRange(token: UInt64, TaskID)
    /// Send the bytes of an output to the coordinator: it stays until `rangeSent`.
    case sendOutput(TaskID, PageExtent)
    /// Say that the output is not here.
    case outputMissing(TaskID)
    /// Tell people.
    case remark(String)
    /// End this agent and all that it started, for this reason.
    case end(String)
}
