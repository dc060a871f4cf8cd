// Runs of tasks on whatever thread calls, one after the other, with all that they read and make in
// ordinary memory: no slot, no arena, no process of its own. For clusters that are one thread of
// one process (`.inline`), where a debugger and a sanitizer see the user's code.

import SwoopElements
import SwoopLaunching
package import SwoopModel
import SwoopStorage
import SwoopTransport
import Synchronization

/// What came of a run.
package struct InlineResult: Sendable {
    package var outcome: RunOutcome
    package var record: RunRecord
    /// The bytes of an outcome that is a page.
    package var page: [UInt8] = []
}

/// The program's functions, run in this process. Used by one thread, but for `cancel`.
package final class InlineRunner: @unchecked Sendable {
    // Unchecked: the table belongs to the thread that runs tasks; what others touch has a lock.
    private var functions: FunctionTable
    private let program: WorkerProgram
    private let current = Mutex<RunState?>(nil)
    private let textBuffer = TextBuffer()
    private let rows = ScratchBuffer()

    package init(program: WorkerProgram) {
        functions = FunctionTable(program: program)
        self.program = program
        _ = RunningThread.rememberThrows()
    }

    /// Takes the functions of a lease.
    package func declare(first: UInt32, _ functions: [FunctionSpec]) {
        self.functions.declare(first: first, functions)
    }

    /// Stops the run of a task, if it is the one that is going on: at its next stride's end.
    package func cancel(_ task: TaskID) {
        current.withLock { run in if run?.attempt.task == task { run?.cancel() } }
    }

    /// Runs a task to its end.
    package func run(_ order: RunOrder) -> InlineResult {
        guard let (spec, code, isCold) = functions.take(order.spec.function) else {
            let failure = TaskFailure(
                kind: .unknownFunction,
                message: "this build of the program has no such function; build and start it again",
                task: order.spec.id)
            return InlineResult(outcome: .failed(failure), record: RunRecord())
        }
        let run = RunState(
            attempt: order.attemptID, root: order.attemptID, function: spec.name,
            isOptimised: spec.isOptimised, flag: CancellationFlag(), executor: nil)
        current.withLock { $0 = run }
        // Where errors are thrown is remembered on threads with a slot.
        try? RunningThread.enter(slot: 0)
        defer {
            RunningThread.leave()
            current.withLock { $0 = nil }
        }
        let began = MonotonicClock.nanoseconds()
        var result: InlineResult
        switch code {
        case .kernel(let entry): result = runSync(order, run, isKernel: true, entry.run)
        case .remote(let entry):
            switch entry.body {
            case .sync(let body): result = runSync(order, run, isKernel: false, body)
            case .async(let body): result = runAsync(order, run, body)
            }
        }
        if case .failed(var failure) = result.outcome {
            failure.function = run.function
            failure.task = run.attempt.task
            result.outcome = .failed(failure)
        }
        result.record.isCold = isCold
        result.record.wallNanoseconds = MonotonicClock.nanoseconds() - began
        result.record.cpuNanoseconds = result.record.wallNanoseconds
        return result
    }

    private func runSync(
        _ order: RunOrder, _ run: RunState, isKernel: Bool,
        _ body: (inout _CallContext) throws -> Void
    ) -> InlineResult {
        var begun: InlineHost?
        do {
            let inputs =
                try isKernel
                ? RunInputs(kernel: order, store: nil) : RunInputs(call: order, store: nil)
            let host = InlineHost(run, inputs, textBuffer, rows)
            begun = host
            defer {
                rows.runEnded()
                textBuffer.runEnded()
            }
            var context = inputs.context(host: host)
            try withExtendedLifetime(inputs.owners) { try body(&context) }
            return Self.finished(context, host, elements: inputs.range.count)
        } catch {
            var outcome = SlotThread.outcome(of: error, run)
            if isKernel, let begun, case .failed(var failure) = outcome, failure.isOfElement {
                failure.message += FailedElement(
                    order: order, store: nil, position: begun.position
                ).words(host: begun, body)
                outcome = .failed(failure)
            }
            return InlineResult(outcome: outcome, record: RunRecord())
        }
    }

    /// An async function: its jobs come to this thread, which waits for them here.
    private func runAsync(
        _ order: RunOrder, _ run: RunState,
        _ body:
            nonisolated(nonsending) @escaping @Sendable (inout _CallContext) async throws -> Void
    ) -> InlineResult {
        let mailbox = Mailbox<Void>()
        let executor = RunExecutor { mailbox.post(()) }
        let ending = Mutex<InlineResult?>(nil)
        Task(executorPreference: executor) { [program] in
            let result = await Self.play(order, run, program, body)
            ending.withLock { $0 = result }
        }
        while true {
            executor.drain()
            if let result = ending.withLock({ $0 }) { return result }
            if executor.park() { mailbox.wait() }
        }
    }

    private static func play(
        _ order: RunOrder, _ run: RunState, _ program: WorkerProgram,
        _ body:
            nonisolated(nonsending) @escaping @Sendable (inout _CallContext) async throws -> Void
    ) async -> InlineResult {
        do {
            let inputs = try RunInputs(call: order, store: nil)
            let host = InlineHost(run, inputs, TextBuffer(), ScratchBuffer())
            var context = inputs.context(host: host)
            try await program.within(NoChildren(), false) { try await body(&context) }
            withExtendedLifetime(inputs.owners) {}
            return finished(context, host, elements: 1)
        } catch {
            return InlineResult(
                outcome: SlotThread.outcome(of: error, run), record: RunRecord())
        }
    }

    private static func finished(
        _ context: _CallContext, _ host: InlineHost, elements: Int
    ) -> InlineResult {
        var record = RunRecord(features: context.features, elements: Int64(max(1, elements)))
        let bytes = context.output.bytes
        if let page = host.page {
            record.bytesOut = page.pages.byteCount
            let stored = unsafe Array(page.memory.readable)
            return InlineResult(outcome: .finished(.page(page.pages)), record: record, page: stored)
        }
        record.bytesOut = Int64(bytes.count)
        guard bytes.count > Agreed.reportedBytesMax else {
            return InlineResult(outcome: .finished(.inline(bytes)), record: record)
        }
        return InlineResult(
            outcome: .finished(.onePage(byteCount: Int64(bytes.count), elementCount: 1)),
            record: record, page: bytes)
    }
}

/// Has every call go on in the run that makes it.
private final class NoChildren: ChildMaker {
    let isHungry = false

    func runChild<R: Sendable>(
        of entry: _RemoteEntry, features: [Double],
        body: nonisolated(nonsending) @Sendable @escaping () async throws -> R
    ) async throws -> R { try await body() }
}

/// What stands behind a run in ordinary memory.
private final class InlineHost: _CallHost {
    private let run: RunState
    private let path: String?
    private let version: UInt64
    private let sent: _TextWindow?
    private let textBuffer: TextBuffer
    private let rows: ScratchBuffer
    /// Where the last stride ended; nil before.
    private(set) var position: Int?
    /// The pages that the run made.
    private(set) var page: (memory: RunBytes, pages: StoredPages)?

    /// Positions between two looks at the cancellation: always the same, since nothing here is to
    /// depend on a clock.
    private static let stride = 4_096

    init(
        _ run: RunState, _ inputs: borrowing RunInputs, _ textBuffer: TextBuffer,
        _ rows: ScratchBuffer
    ) {
        self.run = run
        path = inputs.path
        version = inputs.version
        sent = inputs.text
        self.textBuffer = textBuffer
        self.rows = rows
    }

    func throwSite() -> [UInt64] { RunningThread.takeThrowSite() }

    func strideEnded(at position: Int, elements: Int, end: inout Int) throws -> Int {
        self.position = position
        try checkCancellation()
        return Self.stride
    }

    func checkCancellation() throws {
        if run.isCancelled { throw RunCancelled() }
    }

    func pageRegion(parts: [_PageSize]) throws -> UnsafeMutableRawBufferPointer {
        guard page == nil, !parts.isEmpty else { throw InputError.secondPage }
        let memory = RunBytes(count: parts.reduce(0) { $0 + $1.byteCount })
        let pages = StoredPages(sizes: parts)
        page = (memory, pages)
        return unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes[0..<memory.count])
    }

    func scratch(byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
        unsafe try rows.region(byteCount: byteCount)
    }

    func text(from start: Int, to end: Int) throws -> _TextWindow {
        if let sent { return sent }
        guard let path else { throw InputError.noText }
        return try textBuffer.window(
            of: path, version: version, from: start, to: end, for: run.attempt)
    }
}
