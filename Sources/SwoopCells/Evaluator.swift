// The process in which cells run: it loads their libraries, serves the main actor, and says what
// becomes of each cell. All of it happens on the main thread, which is that of the main actor.

import CSwoopSystem
import Glibc
import Swoop
import SwoopKernel
import SwoopTransport
import Synchronization

/// The one evaluator of a process.
@safe public final class Evaluator: @unchecked Sendable {
    // Unchecked: what is not behind the lock is the main thread's, and an interrupted cell's, which
    // runs on no other.
    private nonisolated(unsafe) static var shared: Evaluator?
    static var current: Evaluator? { unsafe shared }

    /// What an interrupted cell has to end by itself, in nanoseconds.
    private static let patience: Int64 = 300_000_000

    /// What is shown at the cell's end.
    private struct Late {
        var waiting: [@Sendable () async throws -> EvaluatorNews] = []
        var named = 0
    }

    private let orders: Int32
    private let news: Int32
    private let wake: Wakeup
    private let writing = Mutex(())
    private let mainJobs: MainJobs
    private var lines = PipeLines()
    private var cell: Int?
    // Addresses of tasks and jobs: a task that runs on the main actor is a job of that address.
    private var task: UInt?
    private var currentTask: UnsafeCurrentTask?
    private var dropped: Set<UInt> = []
    private var leaveAt: Int64?
    /// What is said of a cell that ended, once what is shown of its work has its last line.
    private var farewell: (news: EvaluatorNews, deadline: Int64)?
    private var flushing: LoopThread?
    /// The statement of the cell that runs.
    var step = 0
    /// What the cell's own `defer`s do, in their order.
    @MainActor var atEnd: [@MainActor () -> Void] = []

    /// Cells run as orders from a descriptor say; news go to another.
    private init(orders: Int32, news: Int32) throws(TransportError) {
        self.orders = orders
        self.news = news
        wake = try Wakeup()
        mainJobs = MainJobs(wake: wake)
    }

    /// Serves until whoever orders has gone.
    public static func run(orders: Int32, news: Int32) throws -> Never {
        let evaluator = try Evaluator(orders: orders, news: news)
        unsafe shared = evaluator
        giveWayToOthers()
        LaterLibraries.begin()
        let reference = unsafe unsafeBitCast(
            evaluator.mainJobs.asUnownedSerialExecutor(), to: (UInt64, UInt64).self)
        let code = unsafe swoop_cells_begin(
            { error in unsafe Evaluator.current?.failed(with: error) },
            { Evaluator.current?.leave() }, reference.0, reference.1, evaluator.wake.descriptor)
        guard code == 0 else { throw EvaluatorError.runtime }
        swoop_print_by_lines()
        evaluator.flushing = try LoopThread(named: "swoop-output") {
            // Lines appear at once; this is for what has not ended its line yet.
            while true {
                _ = poll(nil, 0, 100)
                swoop_flush_output()
            }
        }
        ProgressViews.use(evaluator.view)
        evaluator.tell(.ready)
        evaluator.serve()
    }

    /// Where memory runs out, the system is to end this process, and not the kernel, which can say
    /// so, or a program beside it.
    private static func giveWayToOthers() {
        let file = unsafe open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = unsafe write(file, "500", 3)
        _ = Glibc.close(file)
    }

    // MARK: What cells say

    func tell(_ news: EvaluatorNews) {
        swoop_flush_output()
        writing.withLock { _ in PipeLine.write(news.line, to: self.news) }
    }

    func display(_ forms: JSONValue, named name: String?) {
        tell(.display(forms, name: name, isUpdate: false))
    }

    /// A name for something shown that nobody else uses.
    func newName() -> String {
        let number = late.withLock { late in
            late.named += 1
            return late.named
        }
        return "swoop-shown-\(number)"
    }

    /// Shows what is known of a value when more of it has come; before the cell ends.
    func showLater(_ showing: @escaping @Sendable () async throws -> EvaluatorNews) {
        late.withLock { $0.waiting.append(showing) }
    }

    /// Shows what was left for the cell's end.
    func settle() async throws {
        while true {
            let next = late.withLock { late in
                late.waiting.isEmpty ? nil : late.waiting.removeFirst()
            }
            guard let next else { break }
            tell(try await next())
        }
        await view.settle()
    }

    func begin(_ number: Int) {
        unsafe withUnsafeCurrentTask { running in
            guard let running = unsafe running else { return }
            unsafe currentTask = unsafe running
            task = unsafe unsafeBitCast(running, to: UInt.self)
        }
        step = 1
    }

    /// Does what the cell put off until its end, the last first.
    @MainActor func runDeferred() {
        while let next = atEnd.popLast() { next() }
    }

    func end(_ number: Int, by error: (any Error)? = nil) {
        guard cell == number else { return }
        guard let error else {
            leaveCell()
            view.cellEnds()
            return tell(.finished(cell: number))
        }
        fail(number, "\(type(of: error))", "\(error)", steps: step + 1)
    }

    /// A cell has failed. What it had the cluster do may be about to end, too: the last line of
    /// that is waited for.
    private func fail(_ number: Int, _ name: String, _ text: String, steps: Int) {
        // The kernel ends a process that does not answer an interrupt.
        let patience = leaveAt == nil ? Int64(LiveView.patience) * 1_000_000 : 0
        leaveCell()
        farewell = (
            .failed(cell: number, name: name, text: text, steps: steps),
            MonotonicClock.nanoseconds() + patience
        )
    }

    private func sayFarewell() {
        guard let (news, deadline) = farewell,
            !view.isUnsettled || deadline <= MonotonicClock.nanoseconds()
        else { return }
        farewell = nil
        view.cellEnds()
        tell(news)
    }

    private func leaveCell() {
        cell = nil
        leaveAt = nil
        task = nil
        late.withLock { $0.waiting = [] }
        unsafe currentTask = nil
        swoop_cell_set_running(0)
        _ = swoop_cell_was_interrupted()
    }

    /// Waits for the person's answer; on another thread than the cell's nobody can be asked.
    func ask(prompt: String, isSecret: Bool) -> String? {
        guard cell != nil, pthread_equal(pthread_self(), mainThread) != 0 else { return nil }
        tell(.inputWanted(prompt: prompt, isSecret: isSecret))
        while true {
            if swoop_cell_was_interrupted() != 0 { leave() }
            if let line = lines.takeFirst() {
                if case .input(let text) = EvaluatorOrder(line: line) { return text }
                continue
            }
            wait(milliseconds: 200, alsoForJobs: false)
        }
    }

    private let mainThread = pthread_self()
    private let late = Mutex(Late())
    private let view = LiveView()

    // MARK: Ends that cells do not choose

    /// A cell's top-level code threw. What is beneath on the stack stays there.
    private func failed(with pointer: UnsafeMutableRawPointer) -> Never {
        if let number = cell {
            MainActor.assumeIsolated { runDeferred() }
            let error = unsafe unsafeBitCast(pointer, to: (any Error).self)
            fail(number, "\(type(of: error))", "\(error)", steps: step)
        }
        serve()
    }

    /// The cell was interrupted where it can be left.
    private func leave() -> Never {
        abandon()
        serve()
    }

    private func abandon() {
        guard let number = cell else { return }
        if let task { dropped.insert(task) }
        NotebookCluster.shared.stopWorkOfCell()
        fail(number, "Interrupted", "interrupted", steps: step)
    }

    // MARK: The loop

    /// One job of the main actor; false: there is none.
    private func runJob() -> Bool {
        guard let job = mainJobs.take() else { return false }
        if dropped.contains(job) { return true }
        let unowned = unsafe unsafeBitCast(job, to: UnownedJob.self)
        unsafe unowned.runSynchronously(on: mainJobs.asUnownedSerialExecutor())
        return true
    }

    private func serve() -> Never {
        while true {
            let didRun = runJob()
            if swoop_cell_was_interrupted() != 0, cell != nil {
                NotebookCluster.shared.stopWorkOfCell()
                unsafe currentTask?.cancel()
                leaveAt = MonotonicClock.nanoseconds() + Evaluator.patience
            }
            if let deadline = leaveAt, deadline <= MonotonicClock.nanoseconds() { abandon() }
            sayFarewell()
            if let line = lines.takeFirst() {
                obey(line)
                continue
            }
            let isSoon = leaveAt != nil || farewell != nil
            wait(milliseconds: didRun ? 0 : isSoon ? 20 : 10_000, alsoForJobs: true)
        }
    }

    private func obey(_ line: [UInt8]) {
        switch EvaluatorOrder(line: line) {
        case .run(let number, let library): run(number, library)
        case .load(let library):
            let problem: String? =
                unsafe load(library) == nil ? String(cString: swoop_cell_error()) : nil
            tell(.loaded(library: library, problem: problem))
        case .end: end()
        case .input, nil: break
        }
    }

    /// Loads a library, and tells other processes of it; nil: `swoop_cell_error` says why not.
    private func load(_ library: String) -> UnsafeMutableRawPointer? {
        guard
            let handle = unsafe LaterLibraries.load(library).flatMap(
                UnsafeMutableRawPointer.init(bitPattern:))
        else { return nil }
        LaterLibraries.announce(library)
        return unsafe handle
    }

    private func run(_ number: Int, _ library: String) {
        guard let handle = unsafe load(library) else {
            let reason = unsafe String(cString: swoop_cell_error())
            return tell(.failed(cell: number, name: "Loader", text: reason, steps: 0))
        }
        NotebookCluster.shared.cellBegins()
        view.cellBegins()
        _ = swoop_cell_was_interrupted()
        // The `defer`s of a cell that was interrupted in the midst of its own code never ran.
        MainActor.assumeIsolated { atEnd = [] }
        cell = number
        step = 0
        swoop_cell_set_running(1)
        let code = unsafe swoop_cell_start(handle, CellSource.entry(of: number))
        if code != 0 { fail(number, "Loader", "the cell has no code", steps: 0) }
    }

    /// Waits for orders, and for jobs; ends the process when nobody gives orders any more.
    private func wait(milliseconds: Int32, alsoForJobs: Bool) {
        let queue = alsoForJobs ? swoop_main_queue_descriptor() : -1
        var sources = [
            pollfd(fd: orders, events: Int16(POLLIN), revents: 0),
            pollfd(fd: alsoForJobs ? wake.descriptor : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: queue, events: Int16(POLLIN), revents: 0),
        ]
        guard unsafe poll(&sources, 3, milliseconds) > 0 else { return }
        if sources[1].revents != 0 { wake.clear() }
        if sources[2].revents != 0 {
            var count: UInt64 = 0
            _ = unsafe read(queue, &count, 8)
            swoop_main_queue_run()
        }
        guard sources[0].revents != 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe read(orders, &bytes, bytes.count)
        if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { end() }
        if count > 0 { lines.append(bytes[..<count]) }
    }

    private func end() -> Never {
        swoop_flush_output()
        NotebookCluster.shared.end()
        exit(0)
    }
}

/// Why cells cannot run here.
enum EvaluatorError: Error, CustomStringConvertible {
    case runtime

    var description: String {
        "this Swift runtime has no hook for the main actor's jobs, so cells cannot run"
    }
}
