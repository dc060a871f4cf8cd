// How soon a cancelled wait ends, and how soon the core of a function that never looks up is free.

import Swoop

/// A wait, which the cancellation of a task or of a plan is to end.
private struct Waiting {
    let name: String
    let body: @Sendable (Cluster) async throws -> Void

    /// Waits for a function that spins for a minute, and ends that after it has begun.
    static let all: [Waiting] = [
        Waiting(name: "value") { cluster in
            _ = try await cluster.remotely { $0.call(spinLong, 60_000) }.value
        },
        Waiting(name: "wait") { cluster in
            try await cluster.remotely { $0.call(spinLong, 60_000) }.wait()
        },
        Waiting(name: "values") { cluster in
            _ = try await cluster.remotely { $0.map(0..<8, spinLonger) }.values
        },
        Waiting(name: "finished") { cluster in
            let runs = try await cluster.remotely { $0.map(0..<8, spinLonger) }
            for try await (_, value) in runs.finished { _ = value }
        },
        Waiting(name: "first") { cluster in
            _ = try await cluster.remotely { $0.map(0..<8, spinLonger) }.firstFinished()
        },
        Waiting(name: "download") { cluster in
            _ = try await cluster.remotely(download: .everything) { $0.call(spinLong, 60_000) }
        },
        Waiting(name: "elements") { cluster in
            _ = try await cluster.remotely { $0.range(0..<4).map(spinLonger).stored() }.values
        },
    ]
}

@Remote func spinLonger(_ i: Int) -> Int { spin(60_000 + i) }

/// Tells milliseconds from the cancellation to the end of the wait, and to an idle cluster.
func tellCancelling() async throws {
    try await withTestCluster { cluster in
        for waiting in Waiting.all {
            await tell("task cancelled: \(waiting.name)") {
                let task = Task { try await waiting.body(cluster) }
                _ = try await waitForUsage(cluster) { $0.busyCores > 0 }
                let began = millisecondsNow()
                task.cancel()
                let outcome = await task.result
                let ended = millisecondsNow() - began
                let freed = try await waitForUsage(cluster) { $0.busyCores == 0 }
                guard case .failure(let error) = outcome else { return "no error" }
                return "\(type(of: error)) \(ended) \(freed < 0 ? freed : ended + freed)"
            }
        }
        await tell("plan cancelled: values") {
            let plan = cluster.plan { $0.map(0..<8, spinLonger) }
            let runs = try await plan.run()
            _ = try await waitForUsage(cluster) { $0.busyCores > 0 }
            let began = millisecondsNow()
            plan.cancel()
            do {
                return "\(try await runs.values)"
            } catch let error as SwoopError {
                let ended = millisecondsNow() - began
                let freed = try await waitForUsage(cluster) { $0.busyCores == 0 }
                return "\(error.code) \(ended) \(freed < 0 ? freed : ended + freed)"
            }
        }
        // The cores are free for others, not idle by the end of their processes alone.
        await tell("afterwards") { "\(try await cluster.remotely { $0.call(spin, 1) }.value)" }
    }
}
