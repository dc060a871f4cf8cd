// Data of a plan that is read when the cluster has room for it, piece by piece, so that this
// program never holds more of it than the cluster asked for. Where the memory of the node is at
// hand it is written there; else it is sent. Threads of its own do it, since it holds a core.

import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire
import Synchronization

/// Reads, writes and sends what the coordinator asks for.
final class DeferredSending: Sendable {
    /// What is to be done for a task.
    private enum Job {
        /// Read it, and ask for room or send it.
        case bring
        /// Write it to this place.
        case write(offset: Int, limit: Int)
        /// Send it: there is no room to write it.
        case send
    }

    private struct State {
        var sources: [TaskID: ClientData] = [:]
        /// What there is an answer for, and what was asked for, both in the order of asking.
        var answered: [(task: TaskID, job: Job)] = []
        var asked: [TaskID] = []
        /// What waits for room.
        var laidOut: [TaskID: LaidOutPage] = [:]
        /// Files are read by one thread, in order.
        var isReading = false
        var threads = 0
        /// Threads that write into the memory of the node.
        var writing = 0
        /// Writes into the memory of the cluster's node, and holds it; nil: all is sent.
        var writer: ArenaWriter?
        var isOver = false
        var ended: Answer<Bool>?
    }

    private let state = Mutex(State())
    private let threadsMax: Int

    init(writer: ArenaWriter?, cores: Int) {
        state.withLock { $0.writer = writer }
        threadsMax = max(1, min(cores, Self.threadsUseful))
    }

    /// Smaller pieces are sent: a message costs less than the way to a place.
    static let lendMin = 256 << 10
    /// Memory is at its limit with fewer.
    private static let threadsUseful = 4
    /// Pieces that wait for room: some for each thread.
    private var laidOutMax: Int { 3 * threadsMax }

    /// Keeps data until it is asked for; it may be asked for again, until it is forgotten or the
    /// scope ends.
    func keep(_ data: [TaskID: ClientData]) {
        state.withLock { $0.sources.merge(data) { $1 } }
    }

    /// The data will not be asked for any more.
    func forget(_ task: TaskID, send: @escaping @Sendable (ClientMessage) -> Void) {
        let hasPlace = state.withLock { state in
            state.sources[task] = nil
            return state.laidOut.removeValue(forKey: task) != nil && !state.asked.isEmpty
        }
        if hasPlace { startThread(send) }
    }

    /// Ends with the scope: nothing is asked for any more.
    ///
    /// Returns when nothing is being written: what was lent may then be given to others.
    func end() {
        let ended = state.withLock { state -> Answer<Bool>? in
            state.isOver = true
            state.sources = [:]
            state.answered = []
            state.asked = []
            state.laidOut = [:]
            state.writer = nil
            if state.writing > 0 { state.ended = try? Answer<Bool>() }
            return state.ended
        }
        _ = ended?.wait(until: .max)
    }

    // MARK: Orders

    /// Reads the data away from the calling thread; `send` takes what follows.
    func bring(_ task: TaskID, send: @escaping @Sendable (ClientMessage) -> Void) {
        state.withLock { $0.asked.append(task) }
        startThread(send)
    }

    /// Writes it to the place that it was lent.
    func write(
        _ task: TaskID, offset: Int64, byteCount: Int64,
        send: @escaping @Sendable (ClientMessage) -> Void
    ) {
        let job = Job.write(offset: Int(clamping: offset), limit: Int(clamping: byteCount))
        state.withLock { $0.answered.append((task, job)) }
        startThread(send)
    }

    /// Sends it after all.
    func sendWhole(_ task: TaskID, send: @escaping @Sendable (ClientMessage) -> Void) {
        state.withLock { $0.answered.append((task, .send)) }
        startThread(send)
    }

    // MARK: Threads

    private func startThread(_ send: @escaping @Sendable (ClientMessage) -> Void) {
        let isWanted = state.withLock { state in
            guard state.threads < threadsMax, !state.isOver else { return false }
            state.threads += 1
            return true
        }
        guard isWanted else { return }
        let work = { @Sendable [self] in
            while let (task, job) = next() { perform(job, of: task, send) }
        }
        guard let thread = try? LoopThread(named: "swoop-data", work) else {
            Task { work() }
            return
        }
        thread.detach()
    }

    /// What to do next; nil: the thread ends.
    private func next() -> (TaskID, Job)? {
        state.withLock { state in
            if !state.answered.isEmpty {
                let next = state.answered.removeFirst()
                if case .write = next.job { state.writing += 1 }
                return next
            }
            if let task = state.asked.first, state.laidOut.count < laidOutMax {
                switch state.sources[task] {
                case .later where state.isReading: break
                case .later:
                    state.isReading = true
                    state.asked.removeFirst()
                    return (task, .bring)
                case .bytes, .page, nil:
                    state.asked.removeFirst()
                    return (task, .bring)
                }
            }
            state.threads -= 1
            return nil
        }
    }

    private func perform(
        _ job: Job, of task: TaskID, _ send: @Sendable (ClientMessage) -> Void
    ) {
        switch job {
        case .bring: bring(task, send)
        case .write(let offset, let limit):
            write(task, offset, limit, send)
            let ended = state.withLock { state -> Answer<Bool>? in
                state.writing -= 1
                return state.writing == 0 ? state.ended : nil
            }
            ended?.give(true)
        case .send:
            if let page = takeLaidOut(task) { send(.data(task, bytes: page.bytes)) }
        }
    }

    private func bring(_ task: TaskID, _ send: (ClientMessage) -> Void) {
        let (source, mayWrite) = state.withLock { ($0.sources[task], $0.writer != nil) }
        do throws(SwoopError) {
            guard let page = try layOut(source) else { return }
            guard mayWrite, page.byteCount >= Self.lendMin else {
                return send(.data(task, bytes: page.bytes))
            }
            let isKept = state.withLock { state in
                if state.sources[task] != nil { state.laidOut[task] = page }
                return state.sources[task] != nil
            }
            if isKept { send(.roomWanted(task, byteCount: Int64(page.byteCount))) }
        } catch {
            send(.dataFailed(Self.failure(error, of: task)))
        }
    }

    private func layOut(_ source: ClientData?) throws(SwoopError) -> LaidOutPage? {
        switch source {
        case .bytes(let bytes): return LaidOutPage(value: bytes)
        case .page(let page): return page.layOut()
        case .later(let read):
            defer { state.withLock { $0.isReading = false } }
            return LaidOutPage(value: try read())
        case nil: return nil
        }
    }

    private func write(
        _ task: TaskID, _ offset: Int, _ limit: Int, _ send: (ClientMessage) -> Void
    ) {
        guard let page = takeLaidOut(task), let writer = state.withLock({ $0.writer }) else {
            // Nobody needs it any more: the place can be given to others.
            return send(
                .dataFailed(
                    TaskFailure(kind: .cancelled, message: "it is not kept any more", task: task)))
        }
        do throws(ArenaError) {
            send(.dataWritten(task, try page.write(by: writer, at: offset, limit: limit)))
        } catch {
            send(.data(task, bytes: page.bytes))
        }
    }

    private func takeLaidOut(_ task: TaskID) -> LaidOutPage? {
        state.withLock { $0.laidOut.removeValue(forKey: task) }
    }

    private static func failure(_ error: SwoopError, of task: TaskID) -> TaskFailure {
        let kind: FailureKind =
            switch error.code {
            case .sourceMissing: .sourceMissing
            case .sourceDenied: .sourceDenied
            case .sourceChanged: .sourceChanged
            default: .sourceFailed
            }
        return TaskFailure(kind: kind, message: error.message, task: task)
    }
}
