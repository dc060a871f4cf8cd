// An agent's and a worker's machine with short ways to say what happens to them, and a recorder of
// their orders. Every step checks the invariants; what has a form on the ring or on the wire goes
// through it.

import SwoopExecution
import SwoopModel
import SwoopWire
import Testing

func task(_ number: Int) -> TaskID { TaskID(high: 7, low: UInt64(number)) }

func attempt(_ number: Int, _ count: UInt32 = 1) -> AttemptID {
    AttemptID(task: task(number), number: count)
}

func assigned(
    _ number: Int, attempt: UInt32 = 1, _ inputs: [(Int, InputSource)] = [],
    isIsolated: Bool = false
) -> AssignedTask {
    AssignedTask(
        spec: TaskSpec(id: task(number), function: FunctionIndex(0), features: [.nan]),
        attempt: attempt, inputs: inputs.map { AssignedInput(task: task($0.0), source: $0.1) },
        rank: Int64(number), isIsolated: isIsolated)
}

func extent(_ offset: Int64) -> PageExtent {
    PageExtent(offset: offset, byteCount: 8, elementCount: 1)
}

let eightBytes = StoredPages(byteCount: 8, elementCount: 1)
let page = StoredOutput.onePage(byteCount: 8, elementCount: 1)

/// An agent under test.
struct TestAgent {
    var machine = AgentMachine()
    var orders: [AgentEffect] = []
    var now: Int64 = 0
    var leases: UInt64 = 0
    let worker = WorkerID(1)

    mutating func handle(_ event: AgentEvent) {
        var effects: [AgentEffect] = []
        machine.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        machine.checkInvariants()
        for effect in effects { expectToTravel(effect) }
        orders += effects
    }

    mutating func lease(_ tasks: AssignedTask...) {
        leases += 1
        handle(
            .leaseGranted(
                Lease(id: LeaseID(leases), firstFunction: 0, functions: [], tasks: tasks)))
    }

    mutating func finish(_ number: Int, _ stored: StoredOutput = .inline([1])) {
        report(.ended(attempt(number), .finished(stored), RunRecord()))
    }

    mutating func report(_ reports: RunReport...) { handle(.workerReported(worker, reports)) }

    /// The run filled an extent.
    mutating func store(_ number: Int, at offset: Int64) {
        handle(.extentLent(worker, extent(offset)))
        handle(.outputStored(worker, attempt(number), extent(offset)))
    }

    mutating func die(_ death: WorkerDeath = WorkerDeath(signal: 9, status: 0), worker: UInt32 = 1)
    {
        handle(.workerExited(WorkerID(worker), death))
    }

    /// The order that handed the task to a worker, if it was.
    func order(of number: Int) -> RunOrder? {
        for case .dispatch(_, let runs) in orders {
            if let run = runs.first(where: { $0.spec.id == task(number) }) { return run }
        }
        return nil
    }

    /// Attempts handed to a worker so far, and takes those orders.
    mutating func dispatched() -> [AttemptID] {
        let found = orders.flatMap { order -> [AttemptID] in
            if case .dispatch(_, let runs) = order { runs.map(\.attemptID) } else { [] }
        }
        orders.removeAll { if case .dispatch = $0 { true } else { false } }
        return found
    }

    /// Reports to the coordinator so far, and takes them.
    mutating func reported() -> [RunReport] {
        let found = orders.flatMap { order -> [RunReport] in
            if case .report(let reports) = order { reports } else { [] }
        }
        orders.removeAll { if case .report = $0 { true } else { false } }
        return found
    }

    mutating func expect(_ order: AgentEffect, at location: SourceLocation = #_sourceLocation) {
        guard let place = orders.firstIndex(of: order) else {
            Issue.record("expected \(order), but there is \(orders)", sourceLocation: location)
            return
        }
        orders.remove(at: place)
    }

    mutating func forget() { orders = [] }

    mutating func expectNothingElse(at location: SourceLocation = #_sourceLocation) {
        #expect(orders.isEmpty, sourceLocation: location)
        orders = []
    }
}

private func expectToTravel(_ effect: AgentEffect) {
    switch effect {
    case .report(let reports):
        let frames = AgentMessage.reports(reports).encoded()
        #expect((try? AgentMessage(frames: frames))?.encoded() == frames)
    case .tellLent(let task, let extent):
        let message = AgentMessage.roomLent(
            task, offset: extent.offset, byteCount: extent.byteCount)
        #expect((try? AgentMessage(frames: message.encoded())) == message)
    case .tellCopied(let task):
        #expect((try? AgentMessage(frames: AgentMessage.pageCopied(task).encoded())) != nil)
    case .tellNotCopied(let failure):
        #expect((try? AgentMessage(frames: AgentMessage.pageNotCopied(failure).encoded())) != nil)
    case .dispatch(_, let orders): expectToTravel(.run(orders))
    case .declare(_, let first, let functions):
        expectToTravel(.declare(first: first, functions))
    case .cancelRun(_, let attempt): expectToTravel(.cancel(attempt))
    case .recallRun(_, let attempt): expectToTravel(.giveBack(attempt))
    default: break
    }
}

private func expectToTravel(_ order: WorkerOrder) {
    let bytes = order.encoded()
    #expect((try? WorkerOrder(bytes: bytes))?.encoded() == bytes)
}

/// A worker under test.
struct TestWorker {
    var machine: WorkerMachine
    var orders: [WorkerEffect] = []
    var now: Int64 = 0

    init(slots: Int) { machine = WorkerMachine(slots: slots) }

    mutating func handle(_ event: WorkerEvent) {
        var effects: [WorkerEffect] = []
        machine.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        machine.checkInvariants()
        orders += effects
    }

    mutating func order(_ numbers: Int..., cores: UInt32 = 1) {
        handle(
            .ordered(
                numbers.map {
                    RunOrder(
                        spec: TaskSpec(id: task($0), function: FunctionIndex(0)), attempt: 1,
                        inputs: [], rank: Int64($0), cores: cores)
                }))
    }

    mutating func finish(_ number: Int, slot: Int = 0) {
        handle(.ended(slot: slot, attempt(number), .finished(.inline([1])), RunRecord()))
    }

    /// What was begun or gone on with, by task; takes those orders.
    mutating func started() -> [Int] {
        let found = orders.compactMap { order -> Int? in
            switch order {
            case .start(_, let run): Int(run.spec.id.low)
            case .startChild(_, let attempt), .resume(_, let attempt): Int(attempt.task.low)
            case .raiseCancellation, .report: nil
            }
        }
        orders.removeAll {
            switch $0 {
            case .start, .startChild, .resume: true
            case .raiseCancellation, .report: false
            }
        }
        return found
    }

    mutating func reported() -> [RunReport] {
        let found = orders.flatMap { order -> [RunReport] in
            if case .report(let reports) = order { reports } else { [] }
        }
        orders.removeAll { if case .report = $0 { true } else { false } }
        return found
    }
}
