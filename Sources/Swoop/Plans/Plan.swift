// A recorded plan: what it will cost, and the running of it.

public import SwoopModel
import SwoopSession
import SwoopSimulation
import SwoopTransport
import Synchronization

/// Work that was named and has not been run.
public final class Plan<Result> {
    private let recording: PlanRecording
    private let result: Result

    init(recording: PlanRecording, result: Result) {
        self.recording = recording
        self.result = result
    }

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
                bytes[page] = recording.session.sizes(of: [page])?.first?.byteCount
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
    /// - Throws: `SwoopError` when the plan is wrong, was run before, or a download failed.
    public func run(
        download: DownloadPolicy = .nothing, retry: RetryPolicy = .never
    ) async throws -> Result {
        guard let plan = try recording.take() else {
            throw SwoopError(
                .invalidPlan, "the plan was run before",
                advice: "Use the proxies of the first run, or make the plan again.")
        }
        var part = plan.part
        part.retry = RetryRule(retry)
        recording.session.deferred.keep(plan.deferred)
        recording.session.console.planBegan()
        recording.session.handle(.submitted(part, data: plan.data))
        switch download {
        case .nothing: break
        case .small:
            try await HandleGathering(Array(part.held), of: recording.session, .ends).waitForAll()
        case .everything:
            try await HandleGathering(
                Array(part.held), of: recording.session, .values(areKept: true)
            ).waitForAll()
        }
        return result
    }
}
