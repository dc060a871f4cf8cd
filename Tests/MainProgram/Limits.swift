// What a program takes of its machine when nobody says how much, and whether it starts so.

import Glibc
import Swoop

@Remote func double(_ i: Int) -> Int { 2 * i }

/// Tells cores, bytes of pages, and what comes of a task and of a page.
/// Files that a program which a task starts may have open.
@Remote func openFiles(_ i: Int) -> Int {
    var limit = rlimit()
    _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
}

func tellLimits() async throws {
    var options = LocalOptions()
    options.learns = false
    tell("cores", options.cores)
    tell("budget", options.pageBudget)
    try await withCluster(.local(options)) { cluster in
        let (task, sum) = try await cluster.remotely { remote in
            (remote.call(double, 21), remote.range(0..<1_000).map(double).stored().chain.sum)
        }
        tell("task", try await task.value)
        tell("sum", try await sum.value)
        tell("files of a task", try await cluster.remotely { $0.call(openFiles, 1) }.value)
        tell("slots", cluster.nodes.map(\.slots).reduce(0, +))
    }
    tell("ended", 1)
}
