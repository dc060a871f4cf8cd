// A slot: one thread that runs one run at a time, from its inputs to its report.

import SwoopElements
import SwoopExecution
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

/// Runs what the machine puts on one slot. Its methods belong to the slot's thread.
final class SlotThread {
    private let core: WorkerCore
    private let slot: Int
    private var clock = SlotClock()
    private let textBuffer = TextBuffer()
    private let rows = ScratchBuffer()

    init(core: WorkerCore, slot: Int) {
        self.core = core
        self.slot = slot
    }

    /// The thread's life.
    func run() {
        try? RunningThread.enter(slot: UInt32(slot))
        while true {
            var job: SlotJob? = core.nextJob(of: slot)
            while let current = job { job = perform(current) }
        }
    }

    private func perform(_ job: SlotJob) -> SlotJob? {
        switch job {
        case .start(let order, let begun): return start(order, begun)
        case .begin(let child):
            enter(child.run)
            child.start(child.run)
            return goOn(child.run)
        case .resume(let run):
            enter(run)
            return goOn(run)
        }
    }

    // MARK: Runs of the agent's

    private func start(_ order: RunOrder, _ begun: BegunRun?) -> SlotJob? {
        guard let begun else {
            let failure = TaskFailure(
                kind: .unknownFunction,
                message: "this build of the program has no such function; build and start it again",
                task: order.spec.id)
            return core.handle(
                .ended(slot: slot, order.attemptID, .failed(failure), RunRecord()), slot: slot)
        }
        let run = begun.state
        enter(run)
        switch begun.code {
        case .kernel(let entry):
            return finish(
                run, runSync(order, run, isCold: begun.isCold, isKernel: true, entry.run))
        case .remote(let entry):
            switch entry.body {
            case .sync(let body):
                return finish(
                    run, runSync(order, run, isCold: begun.isCold, isKernel: false, body))
            case .async(let body):
                startAsync(order, run, isCold: begun.isCold, body)
                return goOn(run)
            }
        }
    }

    private func runSync(
        _ order: RunOrder, _ run: RunState, isCold: Bool, isKernel: Bool,
        _ body: (inout _CallContext) throws -> Void
    ) -> (RunOutcome, RunRecord) {
        var record = RunRecord(features: order.spec.features, isCold: isCold)
        var begun: SlotHost?
        do {
            let inputs =
                try isKernel
                ? RunInputs(kernel: order, store: core.store)
                : RunInputs(call: order, store: core.store)
            let host = SlotHost(
                core: core, attempt: run.attempt, cancellation: run.cancellation, slot: slot,
                inputs: inputs, textBuffer: textBuffer, rows: rows, now: clock.beganAt)
            begun = host
            defer {
                rows.runEnded()
                textBuffer.runEnded()
            }
            var context = inputs.context(host: host)
            try withExtendedLifetime(inputs.owners) { try body(&context) }
            return try finished(order, run, context, host, inputs, &record)
        } catch {
            Self.tell(error, order, begun, core)
            var outcome = outcome(of: error, run)
            if isKernel, let begun, case .failed(var failure) = outcome, failure.isOfElement {
                failure.message += FailedElement(
                    order: order, store: core.store, position: begun.position
                ).words(host: begun, body)
                outcome = .failed(failure)
            }
            return (outcome, record)
        }
    }

    private func finished(
        _ order: RunOrder, _ run: RunState, _ context: _CallContext, _ host: SlotHost,
        _ inputs: RunInputs, _ record: inout RunRecord
    ) throws -> (RunOutcome, RunRecord) {
        if !context.features.isEmpty { record.features = context.features }
        record.elements = max(1, Int64(inputs.range.count))
        // A loop over pages: how many elements they have is known only now.
        if record.features.count == 1, record.features[0].isNaN {
            record.features = [Double(inputs.range.count)]
        }
        record.bytesIn = Int64(inputs.byteCount - host.unreadBytes(of: inputs.range))
        let stored = try Self.store(context, host, order, core)
        record.bytesOut = stored.byteCount
        return (.finished(stored), record)
    }

    /// Puts a run's output where it belongs: into the report, or into a page that is named to the
    /// agent.
    private static func store(
        _ context: _CallContext, _ host: SlotHost, _ order: RunOrder, _ core: WorkerCore
    ) throws -> StoredOutput {
        let bytes = context.output.bytes
        if host.page == nil {
            if bytes.count <= Agreed.reportedBytesMax { return .inline(bytes) }
            try host.store(bytes)
        }
        try host.closePage()
        guard let page = host.page else { return .inline([]) }
        core.send(.stored(order.attemptID, page))
        return .page(page.pages)
    }

    // MARK: Async runs

    private func startAsync(
        _ order: RunOrder, _ run: RunState, isCold: Bool,
        _ body:
            nonisolated(nonsending) @escaping @Sendable (inout _CallContext) async throws -> Void
    ) {
        let core = core
        let slot = slot
        let began = clock.beganAt
        Task(executorPreference: run.executor) {
            let (ending, record) = await SlotThread.play(
                order, run, isCold: isCold, body, core: core, slot: slot, began: began)
            run.note(ending, record)
        }
    }

    /// The life of an async run's task.
    private static func play(
        _ order: RunOrder, _ run: RunState, isCold: Bool,
        _ body:
            nonisolated(nonsending) @escaping @Sendable (inout _CallContext) async throws -> Void,
        core: WorkerCore, slot: Int, began: Int64
    ) async -> (RunOutcome, RunRecord) {
        var record = RunRecord(features: order.spec.features, isCold: isCold)
        var begun: SlotHost?
        do {
            let inputs = try RunInputs(call: order, store: core.store)
            let host = SlotHost(
                core: core, attempt: run.attempt, cancellation: run.cancellation, slot: slot,
                inputs: inputs, textBuffer: TextBuffer(), rows: ScratchBuffer(),
                now: began)
            begun = host
            var context = inputs.context(host: host)
            try await core.program.within(RunChildren(core: core, run: run), false) {
                try await body(&context)
            }
            withExtendedLifetime(inputs.owners) {}
            if !context.features.isEmpty { record.features = context.features }
            record.bytesIn = Int64(inputs.byteCount)
            let stored = try store(context, host, order, core)
            record.bytesOut = stored.byteCount
            return (.finished(stored), record)
        } catch {
            tell(error, order, begun, core)
            return (outcome(of: error, run), record)
        }
    }

    /// What the agent must know of a run that fails: memory that it does not use, and an input that
    /// is not what it was.
    private static func tell(
        _ error: any Error, _ order: RunOrder, _ host: SlotHost?, _ core: WorkerCore
    ) {
        host?.leavePage()
        if let page = host?.page { core.send(.abandoned(page)) }
        if let damaged = error as? DamagedInput {
            core.send(.damaged(order.attemptID, input: damaged.task))
        }
    }

    /// Runs the jobs of an async run until it ends or has none.
    private func goOn(_ run: RunState) -> SlotJob? {
        while true {
            run.executor?.drain()
            if let (outcome, record) = run.takeEnding() { return finish(run, (outcome, record)) }
            leave(run)
            let (isSuspended, next) = core.suspend(run, on: slot)
            if isSuspended { return next }
            enter(run)
        }
    }

    // MARK: Begin and end

    private func enter(_ run: RunState) {
        clock.begin()
        RunningThread.setRun(run.attempt.task.low)
        core.outputs[slot].begin(run.attempt.task, function: run.function)
        core.slotTable.begin(run.root, function: run.function, slot: slot, at: clock.beganAt)
    }

    private func leave(_ run: RunState) {
        let (cpu, wall) = clock.end()
        run.add(cpu: cpu, wall: wall)
        core.outputs[slot].end()
        core.slotTable.end(slot: slot, at: clock.endedAt)
        RunningThread.setRun(0)
    }

    private func finish(_ run: RunState, _ result: (RunOutcome, RunRecord)) -> SlotJob? {
        leave(run)
        var (outcome, record) = result
        run.fill(&record)
        if case .failed(var failure) = outcome {
            failure.function = run.function
            failure.task = run.attempt.task
            outcome = .failed(failure)
        }
        return core.handle(.ended(slot: slot, run.attempt, outcome, record), slot: slot)
    }

    private func outcome(of error: any Error, _ run: RunState) -> RunOutcome {
        Self.outcome(of: error, run)
    }

    /// What an error says of itself: of megabytes the beginning is enough.
    private static func text(of error: any Error) -> String {
        let text = "\(error)"
        guard text.utf8.count > textMax else { return text }
        let beginning = String(decoding: text.utf8.prefix(textMax), as: UTF8.self)
        return "\(beginning)… (\(text.utf8.count) bytes)"
    }

    private static let textMax = 4_096

    /// What a thrown error means for the run.
    static func outcome(of error: any Error, _ run: RunState) -> RunOutcome {
        if error is RunCancelled || run.isCancelled { return .cancelled }
        let site = RunningThread.takeThrowSite()
        if error is DamagedInput {
            let text = "\(run.function): an input came back wrong from the disk"
            return .failed(TaskFailure(kind: .lost, message: text))
        }
        if let input = fault(in: error) {
            return .failed(
                TaskFailure(kind: input.kind, message: "\(run.function): \(input.message)"))
        }
        if let decoding = error as? ValueDecodingError {
            let text =
                "\(run.function): an argument or captured value could not be decoded "
                + "(\(decoding)); the function and those who call it must agree on its types"
            return .failed(TaskFailure(kind: .undecodable, message: text))
        }
        if error is CallTimedOut {
            return .failed(TaskFailure(kind: .timedOut, message: "\(run.function): \(error)"))
        }
        if let page = error as? _PageError {
            let text =
                "\(run.function): what it reads could not be decoded (\(page)); those who wrote it "
                + "and those who read it must agree on its types"
            return .failed(TaskFailure(kind: .undecodable, message: text))
        }
        var failure = TaskFailure(
            kind: .thrown, message: "\(run.function) threw \(text(of: error))")
        failure.errorType =
            (error as? _KeptFailure)?.type ?? String(reflecting: type(of: error))
        failure.thrown = encoded(error)
        failure.frames = (error as? _KeptFailure)?.frames ?? site
        return .failed(failure)
    }

    /// What is wrong with an input or a source, if an error says that; in one expression it takes a
    /// compiler a second.
    private static func fault(in error: any Error) -> InputError? {
        switch error {
        case let input as InputError: return input
        case let storage as StorageError: return InputError(storage)
        case let csv as CSVError: return InputError(kind: .sourceFailed, message: "\(csv)")
        case let record as RecordError:
            return InputError(kind: .sourceFailed, message: "\(record)")
        case let kept as _KeptFailure where kept.isOfSource:
            return InputError(kind: .sourceFailed, message: "\(kept)")
        default: return nil
        }
    }

    /// The error for `SwoopError.underlying(as:)`; nothing where it has no encoding or is large.
    private static func encoded(_ error: any Error) -> [UInt8] {
        var writer = ValueWriter()
        if let value = error as? any (Error & RemoteValue) {
            value.encode(into: &writer)
        } else if let value = error as? any (Error & Codable) {
            guard (try? encode(value, into: &writer)) != nil else { return [] }
        }
        return writer.bytes.count <= thrownMax ? writer.bytes : []
    }

    private static func encode(
        _ error: some Error & Codable, into writer: inout ValueWriter
    ) throws(ValueEncodingError) { try _encodeValue(error, into: &writer) }

    private static let thrownMax = 65_536
}

extension RunInputs {
    /// The call's context over these inputs.
    func context(host: any _CallHost) -> _CallContext {
        var context = unsafe _CallContext(
            fields: fields, arguments: arguments, range: range, sourceEnd: sourceEnd,
            leafBase: leafBase, inputs: pages, text: text, pageByteCountTarget: .max, host: host)
        context.otherInputs = otherPages
        return context
    }
}

/// Measures what a slot's runs take. Reading the thread's CPU clock is a system call, so short runs
/// are charged their wall time, and the clock is read when a run was long enough to have been
/// interrupted.
struct SlotClock {
    private(set) var beganAt: Int64 = 0
    private(set) var endedAt: Int64 = 0
    private var cpuRead: Int64 = MonotonicClock.threadCPUNanoseconds()
    /// Wall time of short runs since the CPU clock was read.
    private var unread: Int64 = 0
    private static let shortRun: Int64 = 50_000

    mutating func begin() { beganAt = MonotonicClock.nanoseconds() }

    mutating func end() -> (cpu: Int64, wall: Int64) {
        endedAt = MonotonicClock.nanoseconds()
        let wall = endedAt - beganAt
        if wall < Self.shortRun {
            unread += wall
            return (wall, wall)
        }
        let cpu = MonotonicClock.threadCPUNanoseconds()
        defer {
            cpuRead = cpu
            unread = 0
        }
        return (max(0, min(wall, cpu - cpuRead - unread)), wall)
    }
}
