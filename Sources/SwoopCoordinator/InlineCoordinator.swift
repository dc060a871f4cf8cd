// A coordinator with one node that is no process: what the scheduler grants is run at once, in the
// order of the lease, on the coordinator's own thread. The decisions are the real scheduler's, with
// a clock that stands still, so that they are the same every time.

import SwoopLaunching
package import SwoopModel
import SwoopScheduling
import SwoopTransport
package import SwoopWire
import Synchronization

/// How an inline coordinator has tasks run.
package struct InlineExecution: Sendable {
    /// Takes functions, the first of which has this index.
    package var declare: @Sendable (_ first: UInt32, [FunctionSpec]) -> Void
    /// Runs a task to its end; the bytes are those of an outcome that is a page.
    package var run: @Sendable (RunOrder) -> (RunOutcome, RunRecord, page: [UInt8])
    /// Elements of a page that the client brought.
    package var elementCount: @Sendable (_ page: [UInt8]) -> Int
    /// Stops the run of a task, if it is the one that is going on; called on any thread.
    package var cancel: @Sendable (TaskID) -> Void

    /// Describes the ways.
    package init(
        declare: @escaping @Sendable (_ first: UInt32, [FunctionSpec]) -> Void,
        run: @escaping @Sendable (RunOrder) -> (RunOutcome, RunRecord, page: [UInt8]),
        elementCount: @escaping @Sendable (_ page: [UInt8]) -> Int,
        cancel: @escaping @Sendable (TaskID) -> Void
    ) {
        self.declare = declare
        self.run = run
        self.elementCount = elementCount
        self.cancel = cancel
    }
}

/// A cluster that is one thread.
package final class InlineCoordinator: Sendable {
    private let inbox: Inbox<ClientMessage>
    private let execution: InlineExecution
    private let thread: Mutex<LoopThread?>

    /// Starts the thread; `receive` is called on it.
    package init(
        client: ClientID, program: ProgramID, pageBudget: Int64, execution: InlineExecution,
        receive: @escaping @Sendable (ClientReply) -> Void
    ) throws {
        let inbox = try Inbox<ClientMessage>()
        self.inbox = inbox
        self.execution = execution
        thread = Mutex(
            try LoopThread(named: "inline", stackBytes: 64 << 20) {
                var loop = InlineLoop(
                    client: client, execution: execution, inbox: inbox, receive: receive)
                loop.run(program: program, pageBudget: pageBudget)
            })
    }

    /// Hands a message of the client's on.
    package func send(_ message: ClientMessage) {
        if case .cancel(let tasks) = message { for task in tasks { execution.cancel(task) } }
        inbox.put(message)
    }

    /// Ends the thread, once the task that it runs has ended.
    package func stop() {
        inbox.put(.goodbye)
        thread.withLock { $0.take()?.join() }
    }
}

/// The thread's state.
private struct InlineLoop {
    let client: ClientID
    let execution: InlineExecution
    let inbox: Inbox<ClientMessage>
    let receive: @Sendable (ClientReply) -> Void
    private let node = NodeID(1)
    /// No deadline of the scheduler's is so late, but that of a node's silence.
    private static let never: Int64 = .max / 8
    private var scheduler: Scheduler
    private var effects: [SchedulerEffect] = []
    /// Granted and not begun, in order.
    private var granted: [AssignedTask] = []
    /// How many of them have begun.
    private var begun = 0
    /// What tasks left: pages until they are dropped, values until nothing granted is left.
    private var pages: [TaskID: [UInt8]] = [:]
    private var values: [TaskID: [UInt8]] = [:]
    private var progress = ProgressCount()

    init(
        client: ClientID, execution: InlineExecution, inbox: Inbox<ClientMessage>,
        receive: @escaping @Sendable (ClientReply) -> Void
    ) {
        self.client = client
        self.execution = execution
        self.inbox = inbox
        self.receive = receive
        var configuration = Scheduler.Configuration()
        configuration.silenceMax = 2 * Self.never
        scheduler = Scheduler(configuration: configuration)
    }

    mutating func run(program: ProgramID, pageBudget: Int64) {
        let description = NodeDescription(
            name: "inline", slots: 1, pageBudget: pageBudget,
            processID: ProcessIdentity.current().pid, reach: .sameMachine)
        handle(.clientJoined(client, program))
        handle(.nodeJoined(node, description, program))
        receive(.welcome(version: wireVersion, nodes: [description]))
        var poll = PollLoop()
        _ = poll.watch(descriptor: inbox.wakeup.descriptor)
        while true {
            for message in inbox.take() {
                if case .goodbye = message { return }
                take(message)
            }
            if begun < granted.count {
                runNext()
                continue
            }
            granted = []
            begun = 0
            values = [:]
            tellProgress()
            // A pause before another attempt is over at once: nothing else would happen meanwhile.
            if let next = scheduler.nextDeadline, next.nanoseconds < Self.never {
                handle(.deadlineReached, at: next)
                continue
            }
            try? poll.wait(until: nil)
        }
    }

    private mutating func take(_ message: ClientMessage) {
        switch message {
        case .submit(let part, let data): handle(.graphSubmitted(client, part, data: data))
        case .data(let task, let bytes): handle(.dataArrived(client, task, bytes: bytes))
        case .roomWanted(let task, let byteCount):
            handle(.roomWanted(client, task, nil, byteCount: byteCount))
        case .dataWritten(let task, let page): handle(.dataWritten(client, task, page))
        case .dataFailed(let failure): handle(.dataFailed(client, failure))
        case .release(let tasks): handle(.handlesReleased(client, tasks))
        case .cancel(let tasks): handle(.cancellationRequested(client, tasks))
        case .want(let tasks): handle(.outputsWanted(client, tasks))
        case .wantRecords: receive(.records([]))
        case .watchUsage(let isOn):
            let usage = ClusterUsage(nodes: [], progress: scheduler.progress)
            if isOn { receive(.usage(usage)) }
        // What is kept here would end with this program: its session refuses that.
        case .keep, .freeKept, .wantKept: break
        // Functions of libraries that came later are in this process already.
        case .library: break
        case .hello, .offerProgram, .wantHosts, .releaseHosts, .forgetHosts, .goodbye: break
        }
    }

    /// The clock stands still, but for pauses that are skipped.
    private var now = Timestamp(nanoseconds: 0)

    private mutating func handle(_ event: SchedulerEvent, at time: Timestamp? = nil) {
        now = max(now, time ?? now)
        scheduler.handle(event, at: now, into: &effects)
        // What an effect is answered with may bring further ones.
        while !effects.isEmpty {
            let batch = effects
            effects = []
            for effect in batch { perform(effect) }
        }
    }

    private mutating func perform(_ effect: SchedulerEffect) {
        switch effect {
        case .grantLease(_, let lease):
            execution.declare(lease.firstFunction, lease.functions)
            granted += lease.tasks
        case .revoke(_, let attempts):
            for attempt in attempts { pages[attempt.task] = nil }
            let revoked = Set(attempts)
            forget { revoked.contains($0.attemptID) }
        case .recall: break
        case .dropPages(_, let tasks): for task in tasks { pages[task] = nil }
        case .storePage(_, let task, let output, let bytes): store(bytes, of: task, output)
        case .notify(_, let notice): receive(.notices([notice]))
        case .deliver(_, let task, let bytes): receive(.value(task, bytes: bytes))
        case .requestOutput(_, let task, let client, let name):
            guard let bytes = pages[task] else { return answer(.pageMissed(node, task)) }
            receive(.value(name, bytes: bytes))
            answer(.outputDelivered(client, task))
        case .lendRoom(_, let task, _):
            let failure = TaskFailure(kind: .noMemory, message: "no room is lent", task: task)
            report(AttemptID(task: task, number: 1), .failed(failure), RunRecord())
        case .keepWritten, .prepareProgram, .closeNode, .copyPage, .nodeDrained, .recordRun,
            .recordChildren, .settleKeeping, .tellKept, .reject:
            break
        }
    }

    /// Brings an event from inside of a step: its effects come behind those at hand.
    private mutating func answer(_ event: SchedulerEvent) {
        scheduler.handle(event, at: now, into: &effects)
    }

    private mutating func report(
        _ attempt: AttemptID, _ outcome: RunOutcome, _ record: RunRecord
    ) {
        answer(.reported(node, [.ended(attempt, outcome, record)]))
    }

    private mutating func forget(where isGone: (AssignedTask) -> Bool) {
        granted.removeSubrange(..<begun)
        begun = 0
        granted.removeAll(where: isGone)
    }

    private mutating func store(_ bytes: [UInt8], of task: TaskID, _ output: OutputKind) {
        pages[task] = bytes
        let count = output == .page ? execution.elementCount(bytes) : 1
        report(
            AttemptID(task: task, number: 1),
            .finished(.onePage(byteCount: Int64(bytes.count), elementCount: Int64(count))),
            RunRecord())
    }

    // MARK: Runs

    private mutating func runNext() {
        let task = granted[begun]
        begun += 1
        handle(.reported(node, [.started(task.attemptID)]))
        let order = RunOrder(
            spec: task.spec, attempt: task.attempt, inputs: task.inputs.map(input), rank: 0)
        let (outcome, record, page) = execution.run(order)
        switch outcome {
        case .finished(.page): pages[task.spec.id] = page
        case .finished(.inline(let bytes)): values[task.spec.id] = bytes
        case .failed, .cancelled: break
        }
        handle(.reported(node, [.ended(task.attemptID, outcome, record)]))
        tellProgress()
    }

    private func input(_ input: AssignedInput) -> RunInput {
        var bytes: [UInt8] = []
        switch input.source {
        case .inline(let own): bytes = own
        case .pending: bytes = values[input.task] ?? pages[input.task] ?? []
        case .stored(let stored, _):
            if let slice = input.slice, let whole = pages[slice.task] {
                let start = Int(slice.offset)
                let end = start + Int(stored.byteCount)
                if start >= 0, end <= whole.count { bytes = Array(whole[start..<end]) }
            } else {
                bytes = pages[input.task] ?? []
            }
        }
        return RunInput(task: input.task, source: .inline(bytes))
    }

    private mutating func tellProgress() {
        let count = scheduler.progress(of: client)
        guard count != progress else { return }
        progress = count
        receive(.notices([.progress(count)]))
    }
}
