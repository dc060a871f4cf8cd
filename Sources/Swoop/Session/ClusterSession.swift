// A client's session: the machine under a lock, those who wait, and the link. What to do is decided
// by SessionMachine; here it is done.

import SwoopElements
import SwoopLaunching
import SwoopModel
import SwoopSession
import SwoopStorage
import SwoopTransport
import SwoopWire
import Synchronization

/// A program's side of a cluster, from the beginning of a scope to its end.
final class ClusterSession: Sendable {
    private struct State {
        var machine = SessionMachine()
        var effects: [SessionEffect] = []
        /// Those who wait for bytes, by task.
        var readers: [TaskID: [Waiter<[UInt8]>]] = [:]
        /// Those who wait for a task's end.
        var followers: [TaskID: [Waiter<Int>]] = [:]
        /// Those who wait until there is something to take of a gathering.
        var gatherers: [GatheringID: CheckedContinuation<Void, any Error>] = [:]
        var watchers: [Int: @Sendable (ClusterUsage?) -> Void] = [:]
        var historyWaiters: [CheckedContinuation<[FunctionHistory], Never>] = []
        var waitersMade = 0
        var nodes: [NodeDescription] = []
        var isOver = false
        /// No coordinator answers any more.
        var isLost = false
        var greeting = Greeting.expected
        /// The coordinator's life in which this session was taken in.
        var epoch = CoordinatorEpoch.none
        /// Whether a timer runs that will bring `deadlineReached`.
        var hasTimer = false
    }

    /// What the coordinator said first.
    private enum Greeting {
        case expected
        case awaited(CheckedContinuation<String?, Never>)
        /// It took the session in, or refused it for a reason.
        case heard(refusal: String?)
    }

    /// Somebody who waits, in a Swift task that may be cancelled.
    private struct Waiter<Value: Sendable> {
        var number: Int
        var continuation: CheckedContinuation<Value, any Error>
    }

    let client: ClientID
    private let state = Mutex(State())
    private let link = Mutex<(any CoordinatorLink)?>(nil)
    private let tasksNamed = Atomic<UInt64>(0)
    private let cores: Atomic<Int>
    /// What plans bring along and the cluster has not asked for.
    let deferred: DeferredSending
    let console: SessionConsole
    /// What is kept in the cluster; nil: it ends with this program, and keeps nothing.
    let kept: KeptCatalogue?
    /// Whether every node is this machine, and reads this machine's files.
    let nodesAreHere: Bool
    /// Bytes that pages may take on this machine's node; 0: what the nodes say.
    private let pageBudget: Int
    /// The most bytes that a row of a table may have.
    let csvRowByteCountMax: Int
    /// Libraries of this process that the cluster has.
    private let librariesSent = Mutex(0)
    /// The tasks of plans that were run since a part of the work began; nil: nobody asks.
    let submissions = Mutex<[TaskIDs]?>(nil)

    init(
        client: ClientID, cores: Int, console: SessionConsole, nodesAreHere: Bool = true,
        isStanding: Bool = false, pageBudget: Int = 0, writer: ArenaWriter? = nil,
        csvRowByteCountMax: Int = _CSVDialect().rowByteCountMax
    ) {
        self.pageBudget = pageBudget
        self.csvRowByteCountMax = csvRowByteCountMax
        deferred = DeferredSending(
            writer: writer, cores: min(cores, ProcessAllowance.cores()))
        self.client = client
        kept = isStanding ? KeptCatalogue() : nil
        self.nodesAreHere = nodesAreHere
        self.cores = Atomic(max(1, cores))
        self.console = console
    }

    /// What handles outside of any plan belong to: nothing is ever run there.
    static let nowhere = ClusterSession(
        client: ClientID(0), cores: 1, console: SessionConsole(showsOutput: false))

    /// Slots of the cluster, as far as they are known: how finely work is cut.
    var coreCount: Int { cores.load(ordering: .relaxed) }

    /// Bytes of a source that one run may cover: what it makes of them must fit into pages, beside
    /// those of the other slots.
    var partByteCountMax: Int {
        let most = min(32 << 20, max(1 << 20, slotByteCount / 4))
        return 1 << (Int.bitWidth - 1 - most.leadingZeroBitCount)
    }

    /// Bytes of pages that each slot of the cluster has for itself, of the node that has the least.
    var slotByteCount: Int {
        let shares = nodes.map { Int($0.pageBudget) / max(1, Int($0.slots)) }
        return shares.min() ?? (pageBudget == 0 ? .max : pageBudget / coreCount)
    }

    func newTask() -> TaskID {
        TaskID(
            high: client.rawValue, low: tasksNamed.add(1, ordering: .relaxed).newValue)
    }

    func attach(_ link: any CoordinatorLink) { self.link.withLock { $0 = link } }

    // MARK: Facts

    func handle(_ event: SessionEvent) {
        let now = Timestamp(nanoseconds: MonotonicClock.nanoseconds())
        turn { machine, effects in machine.handle(event, at: now, into: &effects) }
    }

    /// Lets the machine go on, and does what it orders.
    private func turn<Answer: Sendable>(
        _ body: (inout SessionMachine, inout [SessionEffect]) -> Answer
    ) -> Answer {
        var resumptions: [() -> Void] = []
        var messages: [ClientMessage] = []
        let (answer, needsTimer) = state.withLock { state in
            let answer = body(&state.machine, &state.effects)
            for effect in state.effects {
                perform(effect, &state, &messages, &resumptions)
            }
            state.effects.removeAll(keepingCapacity: true)
            guard !state.hasTimer, state.machine.nextDeadline != nil else {
                return (answer, false)
            }
            state.hasTimer = true
            return (answer, true)
        }
        if needsTimer { startTimer() }
        if !messages.isEmpty {
            let link = link.withLock { $0 }
            for message in messages { link?.send(message) }
        }
        for resume in resumptions { resume() }
        return answer
    }

    /// What the machine keeps back must go some time, also when nothing else happens.
    private func startTimer() {
        let delay = SessionMachine.Configuration().releaseDelay
        Task { [weak self] in
            try? await Task.sleep(for: .nanoseconds(delay))
            self?.state.withLock { $0.hasTimer = false }
            self?.handle(.deadlineReached)
        }
    }

    private func perform(
        _ effect: SessionEffect, _ state: inout State, _ messages: inout [ClientMessage],
        _ resumptions: inout [() -> Void]
    ) {
        switch effect {
        case .submit(let part, let data): messages.append(.submit(part, data: data))
        case .release(let tasks): messages.append(.release(tasks))
        case .cancel(let tasks): messages.append(.cancel(tasks))
        case .want(let tasks): messages.append(.want(tasks))
        case .bringData(let task):
            resumptions.append { [self] in deferred.bring(task, send: sendLater) }
        case .writeData(let task, let offset, let byteCount):
            resumptions.append { [self] in
                deferred.write(task, offset: offset, byteCount: byteCount, send: sendLater)
            }
        case .sendData(let task):
            resumptions.append { [self] in deferred.sendWhole(task, send: sendLater) }
        case .forgetData(let task):
            resumptions.append { [self] in deferred.forget(task, send: sendLater) }
        case .settle(let task, let settlement):
            for waiter in state.followers.removeValue(forKey: task) ?? [] {
                resumptions.append { [self] in settle(waiter.continuation, settlement) }
            }
        case .bring(let task, let bytes):
            for waiter in state.readers.removeValue(forKey: task) ?? [] {
                resumptions.append { waiter.continuation.resume(returning: bytes) }
            }
        case .refuse(let task, let failure):
            for waiter in state.readers.removeValue(forKey: task) ?? [] {
                resumptions.append { [self] in refuse(waiter.continuation, failure) }
            }
        case .offer(let gathering):
            if let waiter = state.gatherers.removeValue(forKey: gathering) {
                resumptions.append { waiter.resume() }
            }
        case .show(let line): resumptions.append { [self] in console.show(line) }
        case .remark(let text): resumptions.append { [self] in console.remark(text) }
        case .progress(let count): resumptions.append { [self] in show(count) }
        }
    }

    /// The largest library of the system is a tenth of that.
    private static let libraryBytesMax = 512 << 20

    /// Libraries that came since the last plan, where nodes do not find them by themselves.
    func sendLibraries() {
        guard kept != nil || !nodesAreHere else { return }
        librariesSent.withLock { sent in
            for path in LaterLibraries.announced(after: sent) {
                sent += 1
                do throws(StorageError) {
                    let bytes = try FileRange.whole(path, byteCountMax: Self.libraryBytesMax)
                    send(.library(name: path, bytes: bytes))
                } catch {
                    console.remark("\(path) cannot be sent to nodes: \(error)")
                }
            }
        }
    }

    private func show(_ count: ProgressCount) {
        guard let view = ProgressViews.current else {
            return console.progress(count)
        }
        if console.showsProgress { view.take(count, of: Cluster(session: self)) }
    }

    /// Sends what is no matter of the machine's.
    func send(_ message: ClientMessage) { link.withLock { $0 }?.send(message) }

    /// Sends from another thread.
    private var sendLater: @Sendable (ClientMessage) -> Void {
        { [self] message in send(message) }
    }

    private func settle(
        _ continuation: CheckedContinuation<Int, any Error>, _ settlement: Settlement
    ) {
        switch settlement {
        case .stored(let byteCount, _): continuation.resume(returning: Int(byteCount))
        case .failed(let failure): refuse(continuation, failure)
        }
    }

    /// Places are looked up away from the thread that brings the news: it takes a process.
    private func refuse<Value>(
        _ continuation: CheckedContinuation<Value, any Error>, _ failure: TaskFailure
    ) {
        guard !failure.frames.isEmpty else {
            return continuation.resume(throwing: FailurePlace.error(of: failure))
        }
        Task { continuation.resume(throwing: await FailurePlace.errorWithPlaces(of: failure)) }
    }

    /// What the coordinator says; called on its thread, or on the link's.
    func receive(_ reply: ClientReply) {
        switch reply {
        case .welcome(_, let nodes, let epoch):
            guard isOfOneLife(epoch) else {
                return lose("the cluster's coordinator began anew: what it knew of is gone")
            }
            let slots = nodes.reduce(0) { $0 + Int($1.slots) }
            if slots > 0 { cores.store(slots, ordering: .relaxed) }
            state.withLock { $0.nodes = nodes }
            hear(refusal: nil)
        case .refused(let reason): lose(reason)
        // Answered by the link.
        case .programWanted: break
        // Told to viewers.
        case .hosts, .hostsTaken, .hostSettled: break
        case .kept(let states): kept?.take(states)
        case .keepSettled(let number, let refusal): kept?.settle(number, refusal: refusal)
        case .notices(let notices): handle(.noticed(notices))
        case .value(let task, let bytes): handle(.valueArrived(task, bytes))
        case .usage(let usage):
            let watchers = state.withLock { Array($0.watchers.values) }
            for watcher in watchers { watcher(usage) }
        case .records(let histories):
            let waiter = state.withLock { state in
                state.historyWaiters.isEmpty ? nil : state.historyWaiters.removeFirst()
            }
            waiter?.resume(returning: histories)
        }
    }

    /// Whether the coordinator is in the same life as when it greeted this session.
    private func isOfOneLife(_ epoch: CoordinatorEpoch) -> Bool {
        state.withLock { state in
            if state.epoch == .none { state.epoch = epoch }
            return state.epoch == epoch
        }
    }

    /// There is no coordinator any more, or none that takes this program.
    func lose(_ reason: String) {
        handle(hear(refusal: reason) ? .refused(reason) : .connectionLost(reason))
        kept?.end(SwoopError(.lost, reason))
        let waiters = state.withLock { state in
            state.isLost = true
            defer { state.historyWaiters = [] }
            return state.historyWaiters
        }
        for waiter in waiters { waiter.resume(returning: []) }
    }

    /// Takes note of the coordinator's first word; false: it was not the first.
    @discardableResult
    private func hear(refusal: String?) -> Bool {
        let before = state.withLock { state in
            let before = state.greeting
            if case .heard = before { return before }
            state.greeting = .heard(refusal: refusal)
            return before
        }
        switch before {
        case .heard: return false
        case .expected: break
        case .awaited(let waiter): waiter.resume(returning: refusal)
        }
        return true
    }

    /// Waits for the coordinator's first word: why it refuses this program, or nil.
    func waitForGreeting() async -> String? {
        await withCheckedContinuation { continuation in
            let heard = state.withLock { state -> Greeting in
                if case .expected = state.greeting { state.greeting = .awaited(continuation) }
                return state.greeting
            }
            if case .heard(let refusal) = heard { continuation.resume(returning: refusal) }
        }
    }

    // MARK: Waiting

    /// A handle is of use between the running of its plan and the end of the scope.
    private func check(_ tasks: some Sequence<TaskID>) throws(SwoopError) {
        let (isOver, isHeld) = state.withLock { state in
            (state.isOver, tasks.allSatisfy { state.machine.held[$0] != nil })
        }
        if isOver {
            throw SwoopError(
                .notRunning, "the scope of its cluster has ended",
                advice: "Use the value inside of the scope.")
        }
        guard self !== ClusterSession.nowhere else {
            throw SwoopError(
                .notRunning, "it was made outside of a plan's block",
                advice: "Call it inside of `cluster.remotely { … }` or `cluster.plan { … }`.")
        }
        guard isHeld else {
            throw SwoopError(
                .notRunning, "its plan was never run", advice: "Run the plan first.")
        }
    }

    /// The bytes of a handle's value: of a task, or of arithmetic over several.
    func bytes(of handle: _ProxyHandle) async throws -> [UInt8] {
        if let task = handle.task { return try await bytes(of: task) }
        return try await evaluate(handle.argument)
    }

    func evaluate(_ argument: Argument) async throws -> [UInt8] {
        switch argument {
        case .bytes(let bytes): return bytes
        case .output(let task): return try await bytes(of: task)
        case .sequence(let parts):
            var bytes: [UInt8] = []
            for part in parts { bytes += try await evaluate(part) }
            return bytes
        case .operation(let operation, let operands, let operandType, let resultType):
            var scalars: [Scalar] = []
            for operand in operands {
                let bytes = try await evaluate(operand)
                guard let scalar = Scalar(decoding: bytes, as: operandType) else {
                    throw SwoopError(.undecodable, "\(bytes.count) bytes are no \(operandType)")
                }
                scalars.append(scalar)
            }
            do {
                return try operation.apply(scalars, resultType: resultType).encoded
            } catch {
                throw SwoopError(.taskFailed, error.message)
            }
        }
    }

    /// The bytes of a task's output; fetched when they are not here.
    func bytes(of task: TaskID) async throws -> [UInt8] {
        if let here = state.withLock({ $0.machine.bytes(of: task) }) { return here }
        try check(CollectionOfOne(task))
        return try await wait(in: \.readers, for: task, asking: .wanted(task))
    }

    /// The bytes that the output takes in the cluster; waits for the task's end.
    func byteCount(of task: TaskID) async throws -> Int {
        try check(CollectionOfOne(task))
        return try await wait(in: \.followers, for: task, asking: .awaited(task))
    }

    func wait(for task: TaskID) async throws { _ = try await byteCount(of: task) }

    private func wait<Value: Sendable>(
        in list: sending WritableKeyPath<State, [TaskID: [Waiter<Value>]]>, for task: TaskID,
        asking event: SessionEvent
    ) async throws -> Value {
        let number = state.withLock { state in
            state.waitersMade += 1
            return state.waitersMade
        }
        nonisolated(unsafe) let list = list
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    unsafe state[keyPath: list][task, default: []].append(
                        Waiter(number: number, continuation: continuation))
                    return Task.isCancelled
                }
                handle(event)
                if isCancelled { unsafe stopWaiting(in: list, for: task, number) }
            }
        } onCancel: {
            unsafe stopWaiting(in: list, for: task, number)
        }
    }

    private func stopWaiting<Value>(
        in list: WritableKeyPath<State, [TaskID: [Waiter<Value>]]>, for task: TaskID, _ number: Int
    ) {
        let waiter = state.withLock { state -> Waiter<Value>? in
            guard let place = state[keyPath: list][task]?.firstIndex(where: { $0.number == number })
            else { return nil }
            return state[keyPath: list][task]?.remove(at: place)
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    // MARK: Waiting for many

    /// Begins a wait for many tasks; `leave` ends it.
    func gather(_ tasks: [TaskID], _ wish: GatheringWish) throws(SwoopError) -> GatheringID {
        try check(tasks)
        let number = state.withLock { state in
            state.waitersMade += 1
            return state.waitersMade
        }
        let id = GatheringID(UInt64(number))
        handle(.gatheringBegan(id, tasks, wish))
        return id
    }

    /// Takes what there is of a gathering.
    func take(_ gathering: GatheringID, atMost count: Int) -> GatheredBatch {
        turn { machine, effects in machine.take(gathering, atMost: count, into: &effects) }
    }

    /// Nobody waits there any more.
    func leave(_ gathering: GatheringID) { handle(.gatheringLeft(gathering)) }

    /// Waits until there is something to take of a gathering; one at a time waits there.
    func waitForNews(of gathering: GatheringID) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.machine.hasNews(of: gathering) { return .success(()) }
                    state.gatherers[gathering] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.gatherers.removeValue(forKey: gathering) }
            waiter?.resume(throwing: CancellationError())
        }
    }

    // MARK: Asking

    /// Whether a handle's value, or its failure, is here.
    func isSettled(_ handle: _ProxyHandle) -> Bool {
        var isSettled = true
        handle.forEachTask { task in
            if !self.state.withLock({ $0.machine.isSettled(task) }) { isSettled = false }
        }
        return isSettled
    }

    func whereabouts(of handle: _ProxyHandle) -> String {
        guard let task = handle.tasks.first else { return "arithmetic" }
        return state.withLock { state in
            switch state.machine.held[task]?.state {
            case nil: "planned"
            case .pending?: "running"
            case .stored(let byteCount, _)?: "\(byteCount) bytes in the cluster"
            case .small?, .brought?: "here"
            case .failed(let failure)?: "failed: \(failure.message)"
            }
        }
    }

    /// The sizes of outputs that are there; nil if one is not.
    func sizes(of tasks: [TaskID]) -> [_PageSize]? {
        state.withLock { state in
            var sizes: [_PageSize] = []
            sizes.reserveCapacity(tasks.count)
            for task in tasks {
                guard let size = state.machine.held[task]?.state.size else { return nil }
                sizes.append(
                    _PageSize(byteCount: Int(size.byteCount), count: Int(size.elementCount)))
            }
            return sizes
        }
    }

    func release(_ task: TaskID) { handle(.released(task)) }

    func cancel(_ tasks: [TaskID]) { if !tasks.isEmpty { handle(.cancelled(tasks)) } }

    /// Whether one of these tasks has a handle and has not ended.
    func hasPending(_ tasks: TaskIDs) -> Bool {
        state.withLock { state in
            tasks.contains {
                if case .pending? = state.machine.held[$0]?.state { true } else { false }
            }
        }
    }

    /// What was recorded of functions.
    func histories(of identities: [String]) async -> [FunctionHistory] {
        guard let link = link.withLock({ $0 }) else { return [] }
        return await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                let isOver = state.isOver || state.isLost
                if !isOver { state.historyWaiters.append(continuation) }
                return isOver
            }
            if isOver { return continuation.resume(returning: []) }
            link.send(.wantRecords(identities: identities))
        }
    }

    /// Whether no coordinator answers any more, or none ever did.
    var isUnreachable: Bool { state.withLock { $0.isLost || $0.isOver } }

    /// The nodes, as the coordinator last told.
    var nodes: [NodeDescription] { state.withLock { $0.nodes } }

    /// Calls `watcher` with every snapshot until `stop`, and with nil at the end.
    func watch(_ watcher: @escaping @Sendable (ClusterUsage?) -> Void) -> Int {
        let (number, isFirst, isOver) = state.withLock { state in
            state.waitersMade += 1
            if !state.isOver { state.watchers[state.waitersMade] = watcher }
            return (state.waitersMade, state.watchers.count == 1, state.isOver)
        }
        if isOver {
            watcher(nil)
        } else if isFirst {
            link.withLock { $0 }?.send(.watchUsage(true))
        }
        return number
    }

    func stopWatching(_ number: Int) {
        let isLast = state.withLock { state in
            state.watchers[number] = nil
            return state.watchers.isEmpty
        }
        if isLast { link.withLock { $0 }?.send(.watchUsage(false)) }
    }

    /// The scope ends: every wait ends with it.
    func close() {
        handle(.closed)
        let (watchers, histories) = state.withLock { state in
            state.isOver = true
            defer {
                state.watchers = [:]
                state.historyWaiters = []
            }
            return (Array(state.watchers.values), state.historyWaiters)
        }
        for watcher in watchers { watcher(nil) }
        for waiter in histories { waiter.resume(returning: []) }
        kept?.end(SwoopError(.notRunning, "the scope of its cluster has ended"))
        deferred.end()
        link.withLock { $0.take() }?.close()
        console.finish()
    }
}
