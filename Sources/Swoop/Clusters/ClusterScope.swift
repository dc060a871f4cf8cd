// Scopes: a cluster exists inside of a block, and nothing of it is left when the block ends.

/// Which cluster a scope is to have.
public enum ClusterSpec: Sendable {
    /// This machine, started for the scope.
    case local(LocalOptions)
    /// A standing cluster of this user, by name: `swoop up` brought it up, or a process holds it.
    case connected(String)
    /// Other machines, brought up over SSH for the scope.
    case hosts(HostOptions)
    /// The standing cluster that `swoop up` brought up, where there is one; else this machine.
    case standingOrLocal(LocalOptions)
    /// This process: every task runs on one thread of it, in an order that is always the same, with
    /// the results of any other cluster bit for bit. For debuggers, sanitizers and unit tests: a
    /// breakpoint in a remote function stops there, and a trap ends the program.
    case inline

    /// This machine with all of its cores, started for the scope: no set-up.
    public static var local: ClusterSpec { .local(LocalOptions()) }
    /// This machine with so many of its cores.
    public static func local(cores: Int) -> ClusterSpec {
        var options = LocalOptions()
        options.cores = cores
        return .local(options)
    }
    /// The standing cluster of this user.
    public static var connected: ClusterSpec { .connected("standing") }
    /// The cluster that `swoop up` brought up, where there is one; else this machine.
    public static var standingOrLocal: ClusterSpec { .standingOrLocal(LocalOptions()) }
}

/// Runs the body with a cluster; ends everything that belongs to it when the body ends, however it
/// ends.
///
/// ```swift
/// let total = try await withCluster(.local) { cluster in
///     try await cluster.remotely { remote in remote.range(0..<1_000).sum }.value
/// }
/// ```
///
/// - Throws: `SwoopError.Code.unreachable` when the cluster cannot be started or reached; what the
///   body throws.
public func withCluster<Result>(
    _ spec: ClusterSpec, _ body: (Cluster) async throws -> sending Result
) async throws -> sending Result {
    let scope = try await OpenCluster(spec)
    do {
        let result = try await body(scope.cluster)
        await scope.close()
        return result
    } catch {
        await scope.close()
        throw error
    }
}
