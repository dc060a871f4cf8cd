// A scheduler with short ways to say what happens to it, and a recorder of its orders. Every step
// checks the invariants and sends every order that has a wire form through the wire.

import SwoopModel
import SwoopScheduling
import SwoopWire
import Testing

let client = ClientID(7)

#if DEBUG
    /// Tasks of a large graph. An unoptimised build needs 100 µs for each; `make bench` runs all of
    /// them.
    let many = 5_000
#else
    let many = 100_000
#endif

func task(_ number: Int) -> TaskID { TaskID(high: client.rawValue, low: UInt64(number)) }

func function(_ name: String, needs: TaskNeeds = TaskNeeds()) -> FunctionSpec {
    FunctionSpec(
        identity: "Program/Main.swift/\(name)", name: name, fingerprint: 1,
        code: .remote(identity: name), isOptimised: true, isAsync: false, needs: needs)
}

/// A task of the part's first function that needs the values of `inputs` and the pages of `pages`.
func call(
    _ number: Int, needs inputs: [Int] = [], pages: [Int] = [], output: OutputKind = .value,
    function: Int = 0, features: [Double] = [.nan]
) -> TaskSpec {
    TaskSpec(
        id: task(number), function: FunctionIndex(UInt32(function)),
        arguments: inputs.map { .output(task($0)) }, pages: pages.map(task), output: output,
        features: features)
}

/// A scheduler under test.
struct TestCluster {
    var scheduler: Scheduler
    /// Orders that no expectation has taken yet.
    var orders: [SchedulerEffect] = []
    /// Every attempt that was granted, in order, and to whom.
    var granted: [(attempt: AttemptID, node: NodeID)] = []
    var leases: [Lease] = []
    var now: Int64 = 0
    /// Off for large graphs: the checks walk the whole table.
    var checks = true

    init(
        nodes: Int = 1, slots: UInt32 = 2, budget: Int64 = 1 << 30,
        _ change: (inout Scheduler.Configuration) -> Void = { _ in }
    ) {
        var configuration = Scheduler.Configuration()
        change(&configuration)
        scheduler = Scheduler(configuration: configuration)
        handle(.clientJoined(client, .none))
        for number in 0..<nodes { join(number + 1, slots: slots, budget: budget) }
    }

    /// What happens, and every turn that it takes.
    mutating func handle(_ event: SchedulerEvent) {
        turn(event)
        while scheduler.isBusy { turn(.deadlineReached) }
    }

    /// One turn of what happens: something large may be half done after it.
    mutating func turn(_ event: SchedulerEvent) {
        var effects: [SchedulerEffect] = []
        scheduler.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        if checks { scheduler.checkInvariants() }
        for effect in effects {
            if checks { expectToTravel(effect) }
            if case .grantLease(let node, let lease) = effect {
                leases.append(lease)
                for task in lease.tasks { granted.append((task.attemptID, node)) }
            }
        }
        orders += effects
    }

    // MARK: What happens

    mutating func join(
        _ node: Int, slots: UInt32 = 2, budget: Int64 = 1 << 30, program: ProgramID = .none
    ) {
        let description = NodeDescription(
            name: "n\(node)", slots: slots, pageBudget: budget, processID: 1)
        handle(.nodeJoined(NodeID(UInt32(node)), description, program))
    }

    /// The node tells that it stored client data.
    mutating func store(_ number: Int, on node: Int, bytes: Int64) {
        let stored = StoredOutput.onePage(byteCount: bytes, elementCount: 1)
        let attempt = AttemptID(task: task(number), number: 1)
        handle(
            .reported(
                NodeID(UInt32(node)), [.ended(attempt, .finished(stored), RunRecord())]))
    }

    mutating func lose(_ node: Int) {
        handle(.nodeLost(NodeID(UInt32(node)), reason: "its power failed"))
    }

    /// What a node was asked for does not come: in even rounds the node says that it has it no
    /// more, in odd ones it is lost and another one joins.
    mutating func fail(toSend number: Int, from node: NodeID, round: Int) {
        if round % 2 == 0 {
            handle(.pageMissed(node, task(number)))
        } else {
            lose(Int(node.rawValue))
            join(10 + round)
        }
    }

    /// A value that the client waits for is lost on its way four times; the failure that the client
    /// hears of then.
    ///
    /// - Parameter bring: gets it to a node, which is asked for it.
    mutating func expectLost(
        onTheWayOf number: Int, at location: SourceLocation = #_sourceLocation,
        bring: (inout TestCluster) -> NodeID
    ) -> TaskFailure {
        want(number)
        for round in 1...4 {
            let node = bring(&self)
            let name = task(number)
            expect(.requestOutput(node, name, client, name: name), at: location)
            forget()
            fail(toSend: number, from: node, round: round)
        }
        return expectFailed(number, .lost, at: location)
    }

    /// The node that holds the task, if any, has no use for it without its input.
    mutating func giveBack(_ number: Int) {
        guard node(task(number)) != nil else { return }
        report(.returned(attempt(number)))
    }

    mutating func submit(
        _ tasks: [TaskSpec], loops: [IterationSpec] = [], data: [DataSpec] = [],
        bytes: [[UInt8]] = [], functions: [FunctionSpec] = [function("f")], held: [Int]
    ) {
        let part = GraphPart(
            functions: functions, tasks: tasks, iterations: loops, data: data,
            held: held.map(task))
        handle(.graphSubmitted(client, part, data: bytes))
    }

    /// The newest attempt that was granted for the task.
    func attempt(_ number: Int) -> AttemptID { attempt(task(number)) }

    func attempt(_ id: TaskID) -> AttemptID {
        AttemptID(
            task: id, number: scheduler.tasks.index(of: id).map { scheduler.tasks[$0].attempt } ?? 0
        )
    }

    /// The node that holds the task.
    func node(_ id: TaskID) -> NodeID? {
        scheduler.tasks.index(of: id).flatMap { scheduler.tasks[$0].state.node }
    }

    mutating func report(_ report: RunReport, node: NodeID? = nil) {
        let from = node ?? self.node(report.attempt.task) ?? NodeID(1)
        handle(.reported(from, [report]))
    }

    mutating func start(_ number: Int) { report(.started(attempt(number))) }

    mutating func finish(_ number: Int, value: [UInt8] = [1]) { finish(task(number), value: value) }

    mutating func finish(_ id: TaskID, value: [UInt8] = [1]) {
        report(.ended(attempt(id), .finished(.inline(value)), RunRecord()))
    }

    mutating func finish(_ number: Int, page bytes: Int64) {
        let stored = StoredOutput.onePage(byteCount: bytes, elementCount: bytes / 8)
        report(.ended(attempt(number), .finished(stored), RunRecord()))
    }

    mutating func fail(_ number: Int, _ kind: FailureKind = .thrown) {
        let failure = TaskFailure(kind: kind, message: "it broke", task: task(number))
        report(.ended(attempt(number), .failed(failure), RunRecord()))
    }

    mutating func release(_ numbers: Int...) {
        handle(.handlesReleased(client, numbers.map(task)))
    }

    mutating func want(_ numbers: Int...) { handle(.outputsWanted(client, numbers.map(task))) }

    // MARK: What is expected

    func state(_ number: Int) -> TaskState? {
        scheduler.tasks.index(of: task(number)).map { scheduler.tasks[$0].state }
    }

    /// Takes the first order that fits.
    @discardableResult
    mutating func expect(
        _ what: String, at location: SourceLocation = #_sourceLocation,
        where fits: (SchedulerEffect) -> Bool
    ) -> SchedulerEffect? {
        guard let place = orders.firstIndex(where: fits) else {
            Issue.record("expected \(what), but there is \(orders)", sourceLocation: location)
            return nil
        }
        return orders.remove(at: place)
    }

    mutating func expect(
        _ order: SchedulerEffect, at location: SourceLocation = #_sourceLocation
    ) {
        expect("\(order)", at: location) { $0 == order }
    }

    /// The tasks of the next lease, by number.
    mutating func expectLease(
        _ numbers: [Int], to node: Int = 1, at location: SourceLocation = #_sourceLocation
    ) {
        let found = expect("a lease of \(numbers)", at: location) {
            if case .grantLease = $0 { true } else { false }
        }
        guard case .grantLease(let to, let lease) = found else { return }
        #expect(lease.tasks.map { Int($0.spec.id.low) } == numbers, sourceLocation: location)
        #expect(to == NodeID(UInt32(node)), sourceLocation: location)
    }

    @discardableResult
    mutating func expectFailed(
        _ number: Int, _ kind: FailureKind, at location: SourceLocation = #_sourceLocation
    ) -> TaskFailure {
        let found = expect("the failure of \(number)", at: location) {
            if case .notify(client, .failed(let id, _)) = $0 { id == task(number) } else { false }
        }
        guard case .notify(_, .failed(_, let failure)) = found else {
            return TaskFailure(kind: kind, message: "")
        }
        #expect(failure.kind == kind, sourceLocation: location)
        return failure
    }

    /// Takes the next remark to a client.
    @discardableResult
    mutating func expectRemark(
        to client: ClientID = client, at location: SourceLocation = #_sourceLocation
    ) -> String {
        let found = expect("a remark", at: location) {
            if case .notify(client, .remark) = $0 { true } else { false }
        }
        guard case .notify(_, .remark(let text)) = found else { return "" }
        return text
    }

    mutating func expectFinished(
        _ number: Int, value: [UInt8]? = [1], at location: SourceLocation = #_sourceLocation
    ) {
        let found = expect("the end of \(number)", at: location) {
            if case .notify(client, .finished(let id, _, _, _)) = $0 {
                id == task(number)
            } else {
                false
            }
        }
        guard case .notify(_, .finished(_, let bytes, _, _)) = found else { return }
        #expect(bytes == value, sourceLocation: location)
    }

    /// Nothing is left but records for the forecasts and, when said so, leases.
    mutating func expectNothingElse(at location: SourceLocation = #_sourceLocation) {
        orders.removeAll { if case .recordRun = $0 { true } else { false } }
        #expect(orders.isEmpty, sourceLocation: location)
        orders = []
    }

    mutating func forget() { orders = [] }

    /// Every table is as it was before the first task.
    func expectEmpty(at location: SourceLocation = #_sourceLocation) {
        #expect(scheduler.tasks.count == 0, sourceLocation: location)
        #expect(scheduler.failures.isEmpty, sourceLocation: location)
        #expect(scheduler.iterations.isEmpty, sourceLocation: location)
        #expect(scheduler.unstoredData.isEmpty, sourceLocation: location)
        #expect(scheduler.grants.isEmpty, sourceLocation: location)
        for node in scheduler.nodes.nodes {
            #expect(node.assigned == 0, sourceLocation: location)
            #expect(node.suspended == 0, sourceLocation: location)
            #expect(node.assignedNanoseconds == 0, sourceLocation: location)
            #expect(node.aheadNanoseconds == 0, sourceLocation: location)
            #expect(node.assignedCores == 0, sourceLocation: location)
            #expect(node.promisedBytes == 0, sourceLocation: location)
            #expect(node.freeingBytes == 0, sourceLocation: location)
            #expect(node.declaredBytes == 0, sourceLocation: location)
            #expect(node.trials == 0, sourceLocation: location)
            #expect(node.wideRuns == 0, sourceLocation: location)
            #expect(node.recalls == 0, sourceLocation: location)
        }
        #expect(scheduler.progress.running == 0, sourceLocation: location)
    }
}

/// What an order says arrives as it was sent. Bytes are compared, since NaN is not equal to itself.
private func expectToTravel(_ effect: SchedulerEffect) {
    let order: AgentOrder
    switch effect {
    case .grantLease(_, let lease): order = .lease(lease)
    case .revoke(_, let attempts): order = .revoke(attempts)
    case .recall(_, let attempts): order = .recall(attempts)
    case .dropPages(_, let tasks): order = .dropPages(tasks)
    case .storePage(_, let task, let kind, let bytes):
        order = .storePage(task, kind, elementCount: 0, bytes: bytes)
    case .lendRoom(_, let task, let byteCount): order = .lendRoom(task, byteCount: byteCount)
    case .keepWritten(_, let task, let page): order = .keepWritten(task, page)
    case .copyPage(_, let copy): order = .copyPages([copy])
    case .requestOutput(_, let task, _, _): order = .sendPage(task)
    case .notify(_, let notice): return expectToTravel(.notices([notice]))
    case .deliver(_, let task, let bytes): return expectToTravel(.value(task, bytes: bytes))
    case .settleKeeping(_, let number, let refusal):
        return expectToTravel(.keepSettled(number: number, refusal: refusal))
    case .prepareProgram, .closeNode, .nodeDrained, .recordRun, .recordChildren, .tellKept, .reject:
        return
    }
    let frames = order.encoded()
    #expect((try? AgentOrder(frames: frames))?.encoded() == frames)
}

private func expectToTravel(_ reply: ClientReply) {
    let frames = reply.encoded()
    #expect((try? ClientReply(frames: frames))?.encoded() == frames)
}
