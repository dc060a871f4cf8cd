// A recorded plan: what it will cost, and the running of it.

public import SwoopModel
import SwoopSession
import SwoopSimulation
import SwoopTransport
import Synchronization

/// Work that was named and has not been run.
public final class Plan<Result> {
    /// What the plan was called, or the place of its block.
    public var name: String { givenName ?? place.description }
    private let givenName: String?
    private let place: PlanPlace
    let recording: PlanRecording
    private let result: Result
    /// What was submitted; nothing before the run.
    private var submitted = TaskIDs()
    /// What there is to draw of a small plan that was run.
    private var ran: GraphPart?
    /// Whether the plan was run.
    private(set) var wasRun = false
    private var isCancelled = false

    /// A plan of more tasks is not drawn once it has been run.
    private static var drawnMax: Int { 1_000 }

    init(recording: PlanRecording, name: String?, place: PlanPlace, result: Result) {
        self.recording = recording
        givenName = name
        self.place = place
        self.result = result
    }

    /// Stops everything of the plan that has not ended: the cores are free within a second, and the
    /// values throw `SwoopError.Code.cancelled`.
    ///
    /// A plan that is cancelled before its run does not run: `run` throws the same.
    public func cancel() {
        isCancelled = true
        recording.session.cancel(Array(submitted))
    }

    /// The plan's boxes and lines.
    var drawing: PlanDrawing { PlanDrawing(ran ?? recording.graph) }

    /// Tasks that the plan names; loops whose end depends on data count one round.
    public var taskCount: Int {
        let graph = recording.graph
        return graph.tasks.count + graph.iterations.reduce(0) { $0 + $1.template.count }
    }

    /// What the plan will cost, from what was learned of its functions: nothing is run and nothing
    /// moved.
    ///
    /// The scheduler itself is run in virtual time, at 1, 2, 4 and 8 cores and at the cluster's own
    /// number. Functions of which no run was ever recorded make it unknown, and are named.
    ///
    /// - Throws: `SwoopError` when the plan is wrong, or was run: estimate it before.
    public func estimate() async throws -> Estimate {
        let graph = try recording.graphToRun()
        let identities = graph.functions.map(\.identity)
        let histories = await recording.session.histories(of: identities)
        var cores = [1, 2, 4, 8]
        let own = recording.session.coreCount
        if !cores.contains(own) { cores.append(own) }
        return PlanSimulation.estimate(
            graph, histories: histories, cores: cores.sorted(), draws: 32, seed: 1,
            pageBytes: pageBytes(of: graph))
    }

    /// Bytes of the pages of earlier plans that a graph reads.
    private func pageBytes(of graph: GraphPart) -> [TaskID: Int] {
        var bytes: [TaskID: Int] = [:]
        for task in graph.tasks + graph.iterations.flatMap(\.template) {
            for page in task.pages where bytes[page] == nil {
                bytes[page] = recording.sizes(ofTasks: [page])?.first?.byteCount
            }
        }
        return bytes
    }
}

extension Plan where Result: Sendable {
    /// Runs the plan; answers at once with its proxies, or when what was to be downloaded is here.
    ///
    /// - Parameters:
    ///   - download: what comes back by itself; everything stays in the cluster unless told.
    ///   - retry: whether tasks whose functions throw are tried again, elsewhere if they can be.
    ///   - timeout: how long the plan may take, from now on; what has not ended by then is stopped,
    ///     and its values throw `SwoopError.Code.timedOut`. No limit unless told.
    /// - Throws: `SwoopError` when the plan is wrong, was run before, or a download failed. A Swift
    ///   task that is cancelled while it waits for a download stops the plan.
    public func run(
        download: DownloadPolicy = .nothing, retry: RetryPolicy = .never,
        timeout: Duration? = nil
    ) async throws -> Result {
        if isCancelled, !wasRun {
            throw SwoopError(
                .cancelled, "the plan was cancelled before it was run",
                advice: "Make it again to run it.")
        }
        // Not kept of a large plan: whoever takes it may write in it without a copy.
        let small = recording.graph.tasks.count <= Self.drawnMax ? recording.graph : nil
        guard let plan = try recording.take() else {
            throw SwoopError(
                .invalidPlan, "the plan was run before",
                advice: "Use the proxies of the first run, or make the plan again.")
        }
        wasRun = true
        ran = small
        var part = plan.part
        part.retry = RetryRule(retry)
        let leftOut = part.leaveOut(recording.cancelledEarly)
        recording.session.deferred.keep(plan.deferred)
        recording.session.console.planBegan()
        let session = recording.session
        submitted = part.tasks.ids
        for loop in part.iterations { submitted.append(loop.id) }
        let held = Array(part.held)
        session.sendLibraries()
        session.submissions.withLock { $0?.append(submitted) }
        session.handle(.submitted(part, data: plan.data))
        if !leftOut.isEmpty { session.tellCancelled(held.filter(leftOut.contains)) }
        recording.sent()
        if let timeout { session.limit(submitted, to: timeout) }
        // A wait, even for nothing, would cost two switches of threads for each plan.
        if download != .nothing {
            try await Self.bring(held, download, of: submitted, in: session)
        }
        return result
    }

    /// Waits for what comes back by itself; a cancelled Swift task stops the plan.
    private static func bring(
        _ held: [TaskID], _ download: DownloadPolicy, of tasks: TaskIDs, in session: ClusterSession
    ) async throws {
        try await withTaskCancellationHandler {
            let wish: GatheringWish =
                download == .everything ? .values(areKept: true) : .ends
            try await HandleGathering(held, of: session, wish).waitForAll()
        } onCancel: {
            session.cancel(Array(tasks))
        }
    }
}
