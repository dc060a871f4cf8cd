// A plan under construction: the functions, tasks, loops and data that a scoped block names.
// Recording runs nothing and moves nothing; LoopLowering.swift has how a chain becomes tasks,
// RemoteScope what users call.

import CSwoopSystem
import SwoopElements
import SwoopModel
import Synchronization

/// Data that a plan brings along.
enum ClientData: Sendable {
    case bytes([UInt8])
    /// Read when the plan runs and the cluster has room for it.
    case later(@Sendable () throws(SwoopError) -> [UInt8])
    /// A page of a local array: laid out when the plan runs and the cluster has room for it, and
    /// kept there.
    case page(LocalPage)
}

/// A plan as it is submitted.
struct RecordedPlan: Sendable {
    var part: GraphPart
    /// The bytes of each entry of `part.data`; none of what is deferred.
    var data: [[UInt8]] = []
    /// What is read when it is asked for.
    var deferred: [TaskID: ClientData] = [:]
}

/// Tasks as they are recorded.
///
/// Handles keep it alive; its session hears when they go.
final class PlanRecording: Sendable {
    struct State {
        var part = GraphPart()
        /// What `part.data` holds, in order.
        var data: [ClientData] = []
        var functionPlaces: [FunctionSpec: FunctionIndex] = [:]
        var remotePlaces: [ObjectIdentifier: FunctionIndex] = [:]
        /// Tasks whose handles live, all at place 0.
        var alive = TaskPlaces()
        var isSubmitted = false
        /// Tasks that were cancelled before the plan was sent; nil: it was.
        var cancelledEarly: [TaskID]? = []
        /// What was read of files that are made as they are read: all loops have the same of them.
        var contents: [String: [UInt8]] = [:]
        /// Large constants, and how many calls have each.
        var constants = RepeatedConstants()
        /// The sizes of kept data that the plan reads.
        var keptSizes: [TaskID: _PageSize] = [:]
        /// Nanoseconds in which constants were encoded.
        var encodingTime: Int64 = 0
        /// Seeds that were given.
        var seeds: UInt64 = 0
        /// The first thing that was wrong with the plan: told when it is run.
        var problem: SwoopError?
    }

    let session: ClusterSession
    let state = Mutex(State())

    init(session: ClusterSession) { self.session = session }

    /// Notes what is wrong with the plan; the first word stands.
    func fail(_ error: SwoopError) {
        state.withLock { $0.problem = $0.problem ?? error }
    }

    /// Notes what an operation cannot give.
    func _refuse(_ message: String, advice: String) {
        fail(SwoopError(.invalidPlan, message, advice: advice))
    }

    // MARK: Tasks

    /// Adds a task and answers with its handle.
    func add(
        function: FunctionIndex, arguments: [Argument], features: [Double],
        output: OutputKind = .value
    ) -> _ProxyHandle {
        let id = session.newTask()
        state.withLock { state in
            state.part.tasks.append(
                TaskSpec(
                    id: id, function: function, arguments: arguments, output: output,
                    features: features))
            state.alive[id] = 0
        }
        return _ProxyHandle(self, task: id)
    }

    /// Adds a task of one encoded argument and answers with its handle.
    func add(function: FunctionIndex, argument: [UInt8], features: [Double]) -> _ProxyHandle {
        let id = session.newTask()
        state.withLock { state in
            state.part.tasks.append(
                id: id, function: function, argument: argument, features: features)
            state.alive[id] = 0
        }
        return _ProxyHandle(self, task: id)
    }

    /// The place of a remote function in the plan's table.
    func place<Function: RemoteFunction>(of type: Function.Type) -> FunctionIndex {
        let key = ObjectIdentifier(type)
        if let known = state.withLock({ $0.remotePlaces[key] }) { return known }
        let entry = type._entry
        let place = place(
            of: FunctionSpec(
                identity: LearnedName.of(entry.identity), name: entry._name,
                fingerprint: entry.fingerprint, code: .remote(identity: entry.identity),
                isOptimised: isOptimisedBuild, isAsync: entry.isAsync,
                needs: TaskNeeds(entry.needs)))
        state.withLock { $0.remotePlaces[key] = place }
        return place
    }

    func place(of function: FunctionSpec) -> FunctionIndex {
        state.withLock { state in
            if let known = state.functionPlaces[function] { return known }
            let place = FunctionIndex(UInt32(state.part.functions.count))
            state.part.functions.append(function)
            state.functionPlaces[function] = place
            return place
        }
    }

    /// Encoded values as an argument: proxies stand where their values belong.
    func argument(of writer: ValueWriter) -> Argument {
        guard !writer.captures.isEmpty else { return .bytes(writer.bytes) }
        var parts: [Argument] = []
        var position = 0
        for capture in writer.captures {
            if capture.offset > position {
                parts.append(.bytes(Array(writer.bytes[position..<capture.offset])))
                position = capture.offset
            }
            guard let handle = capture.handle as? _ProxyHandle, handle.recording.session === session
            else {
                fail(SwoopError(.invalidPlan, "a proxy of another cluster is used in this plan"))
                continue
            }
            parts.append(handle.argument)
        }
        if position < writer.bytes.count {
            parts.append(.bytes(Array(writer.bytes[position...])))
        }
        return .sequence(parts)
    }

    /// Large constants travel once, as data, not inside every message that names them.
    func hoisted(_ writer: ValueWriter) -> (argument: Argument, keeping: _ProxyHandle?) {
        noteConstants(writer)
        let argument = argument(of: writer)
        guard case .bytes(let bytes) = argument, bytes.count > Self.inlineMax else {
            return (argument, nil)
        }
        let handle = store(bytes, output: .value)
        return (handle.argument, handle)
    }

    /// Constants up to here travel inside the task.
    static let inlineMax = 16_384

    /// Adds client data and answers with its handle.
    ///
    /// Much of it is not sent with the plan: it is asked for when there is room, or refused.
    func store(_ bytes: [UInt8], output: OutputKind) -> _ProxyHandle {
        guard bytes.count >= Self.deferredMin else {
            return store(.bytes(bytes), byteCount: bytes.count, output: output)
        }
        let page = LocalPage(byteCount: bytes.count) { LaidOutPage(value: bytes) }
        return store(.page(page), byteCount: bytes.count, output: output)
    }

    /// A message of more would keep those who pass it on from everything else.
    private static let deferredMin = 32 << 20

    /// Adds client data of about so many bytes.
    func store(_ data: ClientData, byteCount: Int, output: OutputKind) -> _ProxyHandle {
        let id = session.newTask()
        var spec = DataSpec(id: id, output: output, byteCount: Int64(byteCount))
        switch data {
        case .bytes: break
        case .later: spec.isDeferred = true
        case .page:
            spec.isDeferred = true
            spec.staysOnceBrought = true
        }
        state.withLock { [spec] state in
            state.part.data.append(spec)
            state.data.append(data)
            state.alive[id] = 0
        }
        return _ProxyHandle(self, task: id)
    }

    /// A task that makes the value of a handle a value of its own: arithmetic that became too deep.
    func settle(_ handle: _ProxyHandle) -> _ProxyHandle {
        add(function: place(of: identityFunction), arguments: [handle.argument], features: [])
    }

    // MARK: Loops whose end depends on data

    /// Records a body once, as the template of a loop.
    func iterate(
        from initial: Argument, limit: Int,
        body: (_ProxyHandle) throws -> (state: _ProxyHandle, until: _ProxyHandle?)
    ) rethrows -> _ProxyHandle {
        let placeholder = session.newTask()
        let id = session.newTask()
        let first = state.withLock { ($0.part.tasks.count, $0.part.iterations.count) }
        let standIn = _ProxyHandle(self, task: placeholder)
        let (result, until) = try body(standIn)
        let made = ensureTask(result, after: first.0)
        let stop = until.map { ensureTask($0, after: first.0) }
        state.withLock { state in
            let template = Array(state.part.tasks[first.0...])
            state.part.tasks.truncate(to: first.0)
            if state.part.iterations.count > first.1 {
                state.problem =
                    state.problem
                    ?? SwoopError(
                        .invalidPlan, "a loop inside the body of another loop",
                        advice: "Make the inner loop a @Remote function.")
            }
            state.part.iterations.append(
                IterationSpec(
                    id: id, initial: initial, limit: UInt32(clamping: max(1, limit)),
                    template: template, placeholder: placeholder, result: made.tasks[0],
                    until: stop?.tasks[0]))
            state.alive[id] = 0
        }
        return _ProxyHandle(self, task: id)
    }

    /// The handle itself if the body made it with a task of its own, else a task that copies it.
    private func ensureTask(_ handle: _ProxyHandle, after first: Int) -> _ProxyHandle {
        let isOwn = state.withLock { state in
            handle.task.map { state.part.tasks.ids[first...].contains($0) } ?? false
        }
        return isOwn ? handle : settle(handle)
    }

    // MARK: The end of recording

    /// Everything recorded, for the coordinator; a second time: nothing.
    func take() throws -> RecordedPlan? {
        let result = state.withLock { state -> Result<(GraphPart, [ClientData])?, SwoopError> in
            if let problem = state.problem { return .failure(problem) }
            if state.isSubmitted { return .success(nil) }
            state.isSubmitted = true
            var part = state.part
            part.held = TaskIDs(state.alive.tasks)
            let data = state.data
            state.data = []
            state.part = GraphPart(functions: part.functions)
            return .success((part, data))
        }
        guard let (part, data) = try result.get() else { return nil }
        var plan = RecordedPlan(part: part)
        for (spec, item) in zip(part.data, data) {
            switch item {
            case .bytes(let bytes): plan.data.append(bytes)
            case .later, .page:
                plan.data.append([])
                plan.deferred[spec.id] = item
            }
        }
        return plan
    }

    /// The graph as far as it is recorded.
    var graph: GraphPart { state.withLock { $0.part } }

    /// The graph that a run would submit, for estimates.
    func graphToRun() throws -> GraphPart {
        let (part, problem, isSubmitted) = state.withLock {
            ($0.part, $0.problem, $0.isSubmitted)
        }
        if let problem { throw problem }
        if isSubmitted {
            throw SwoopError(
                .invalidPlan, "the plan was run before",
                advice: "Estimate a plan before it is run, or make it again.")
        }
        return part
    }

    /// Stops tasks; those of a plan that was not run will not begin.
    func cancel(_ tasks: [TaskID]) {
        let isSent = state.withLock { state in
            state.cancelledEarly?.append(contentsOf: tasks)
            return state.cancelledEarly == nil
        }
        if isSent { session.cancel(tasks) }
    }

    /// The plan was sent: what was cancelled before is cancelled now.
    func sent() {
        let cancelled = state.withLock { state in
            defer { state.cancelledEarly = nil }
            return state.cancelledEarly ?? []
        }
        session.cancel(cancelled)
    }

    /// The last handle of these tasks is gone.
    func drop(_ tasks: some Sequence<TaskID>) {
        let wasSubmitted = state.withLock { state in
            for task in tasks { state.alive.remove(task) }
            return state.isSubmitted
        }
        if wasSubmitted { for task in tasks { session.release(task) } }
    }
}

/// Whether this build is optimised: models of optimised and other builds are kept apart.
let isOptimisedBuild: Bool = {
    var optimised = true
    assert(
        {
            optimised = false; return true
        }())
    return optimised
}()

/// Copies its one argument: built in, so that every program has it.
let identityFunction = FunctionSpec(
    identity: "Swoop:identity", name: "identity", fingerprint: 1,
    code: .remote(identity: "Swoop:identity"), isOptimised: isOptimisedBuild, isAsync: false)

/// The record of `identityFunction`.
package let identityEntry = _RemoteEntry(
    identity: "Swoop:identity", fingerprint: 1, file: "Swoop/PlanRecording.swift", line: 1,
    body: .sync { context in
        var reader = context.argumentsReader
        unsafe context.output.write(contentsOf: reader.readRest())
    })
