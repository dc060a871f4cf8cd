// Ranks Debian's packages by PageRank over their dependencies, from the package lists of this
// machine: the plan is in RankingPlan.swift. Here it is estimated, run, watched, and what came of
// it is told.

import Swoop

@main struct DebianRank {
    static func main() async {
        let began = ContinuousClock.now
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            if options.wantsHelp { return print(Options.usage) }
            let index = try PackageIndex(options.index)
            var local = LocalOptions()
            if let cores = options.cores { local.cores = cores }
            let spec = ClusterSpec.ofEnvironment ?? .standingOrLocal(local)
            try await withCluster(spec) { cluster in
                try await rank(index, options, on: cluster, began: began)
            }
        } catch let error as OptionError {
            Terminal.note("DebianRank: \(error)\n\(Options.usage)")
            Terminal.exit(2)
        } catch {
            Terminal.note("DebianRank: \(error)")
            Terminal.exit(1)
        }
    }

    /// Estimates, runs and tells.
    private static func rank(
        _ index: PackageIndex, _ options: Options, on cluster: Cluster,
        began: ContinuousClock.Instant
    ) async throws {
        let plan = rankingPlan(of: index.path, top: options.top, on: cluster)
        let estimate = try await plan.estimate()
        if !options.isJSON {
            print("\(index.description), \(cluster.cores) cores")
            print(estimate)
            Terminal.flush()
        }
        let before = try await CoreTime.now(of: cluster)
        let started = ContinuousClock.now
        let watching = Task { try await Progress.show(cluster, since: started) }
        let result: RankingResult
        do {
            result = try await RankingResult(try await plan.run())
        } catch {
            watching.cancel()
            _ = await watching.result
            throw error
        }
        let wall = started.duration(to: .now)
        watching.cancel()
        _ = await watching.result
        let after = try await CoreTime.now(of: cluster)
        let report = Report(
            result: result,
            comparison: EstimateComparison(
                estimate: estimate, coreTime: after.time - before.time, wallTime: wall,
                cores: cluster.cores),
            preparation: began.duration(to: started) / .seconds(1))
        print(options.isJSON ? report.json : report.text)
    }
}

/// What came back, as values.
struct RankingResult {
    let sections: [Section]
    let highest: [Standing]
    let size: GraphSize
    let stanzas: Int
    let rounds: Int
    let change: Double

    /// Waits for the ranking and fetches what is printed; the ranks of all packages stay where they
    /// are.
    init(_ ranking: Ranking) async throws {
        let ending = try await ranking.ending.value
        (rounds, change) = (ending.first, ending.second)
        highest = try await ranking.highest.value
        sections = try await ranking.sections.collect()
        size = try await ranking.size.value
        stanzas = try await ranking.stanzas.value
    }
}
