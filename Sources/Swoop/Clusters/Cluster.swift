// A cluster, inside of its scope: plans are made and run through it.

public import SwoopModel

/// A running cluster.
///
/// Lives for the length of its scope; what it made is of no use afterwards.
public final class Cluster: Sendable {
    let session: ClusterSession

    init(session: ClusterSession) { self.session = session }

    /// Records a plan: the block names work and runs nothing.
    ///
    /// ```swift
    /// let plan = cluster.plan { remote in
    ///     let hits = remote.range(0..<1_000_000).filter(isInside).count
    ///     return 4 * hits / 1_000_000.0
    /// }
    /// ```
    ///
    /// A block that computes for long says so: calls with constants run here, one after the other,
    /// unless they are written as `remote.call(f, x)` or `remote.map(inputs, f)`.
    ///
    /// - Parameter block: returns the proxies that are wanted: one, or any value that holds some.
    public func plan<Result>(
        file: StaticString = #fileID, line: UInt = #line,
        _ block: (RemoteScope) throws -> Result
    ) rethrows -> Plan<Result> {
        try plan(named: nil, at: PlanPlace(file: file, line: line), block)
    }

    /// Records a plan with a name, by which it is printed and drawn: `cluster.plan("load") { … }`.
    public func plan<Result>(
        _ name: String, file: StaticString = #fileID, line: UInt = #line,
        _ block: (RemoteScope) throws -> Result
    ) rethrows -> Plan<Result> {
        try plan(named: name, at: PlanPlace(file: file, line: line), block)
    }

    private func plan<Result>(
        named name: String?, at place: PlanPlace, _ block: (RemoteScope) throws -> Result
    ) rethrows -> Plan<Result> {
        let recording = PlanRecording(session: session)
        let scope = RemoteScope(recording)
        let watch = RecordingWatch(at: place)
        let result = try RemoteScope.$current.withValue(scope) { try block(scope) }
        let remark = watch.remark(
            tasks: recording.graph.tasks.count, encoding: recording.encodingTime)
        if let remark {
            session.console.remark(remark)
        }
        if let remark = recording.constantRemark { session.console.remark(remark) }
        return Plan(recording: recording, name: name, place: place, result: result)
    }

    /// Records a plan and runs it at once.
    ///
    /// - Parameters:
    ///   - download: what comes back by itself; everything stays in the cluster unless told.
    ///   - retry: whether tasks whose functions throw are tried again, elsewhere if they can be.
    ///   - timeout: how long the plan may take; see `Plan.run`.
    /// - Throws: what the block throws; `SwoopError` when the plan is wrong, or a download failed.
    public func remotely<Result: Sendable>(
        download: DownloadPolicy = .nothing, retry: RetryPolicy = .never,
        timeout: Duration? = nil, file: StaticString = #fileID, line: UInt = #line,
        _ block: (RemoteScope) throws -> Result
    ) async throws -> Result {
        try await plan(file: file, line: line, block)
            .run(download: download, retry: retry, timeout: timeout)
    }

    /// Snapshots of what every core does, some ten a second, until the loop is left or the scope
    /// ends.
    public var usage: UsageSequence { UsageSequence(session: session) }

    /// Cores that tasks may use, as far as they are known: all nodes that have joined.
    public var cores: Int { session.coreCount }

    /// The nodes that have joined.
    public var nodes: [NodeDescription] { session.nodes }
}

/// What of a plan's result comes back by itself.
public enum DownloadPolicy: Sendable {
    /// Nothing: proxies stay proxies until their value is asked for.
    case nothing
    /// Values of up to about a kilobyte, which travel with the news of their making.
    case small
    /// Every value, before the call returns.
    case everything
}

/// Snapshots of a cluster's cores as they are taken.
///
/// ```swift
/// for try await usage in cluster.usage { print(usage.busyCores, "of", usage.cores) }
/// ```
public struct UsageSequence: AsyncSequence, Sendable {
    /// A snapshot.
    public typealias Element = ClusterUsage
    /// Only the end of the waiting task.
    public typealias Failure = any Error

    let session: ClusterSession

    /// Begins to watch.
    public func makeAsyncIterator() -> AsyncThrowingStream<ClusterUsage, any Error>.Iterator {
        let session = session
        let stream = AsyncThrowingStream<ClusterUsage, any Error>(
            bufferingPolicy: .bufferingNewest(1)
        ) { continuation in
            let number = session.watch { usage in
                if let usage { continuation.yield(usage) } else { continuation.finish() }
            }
            continuation.onTermination = { _ in session.stopWatching(number) }
        }
        return stream.makeAsyncIterator()
    }
}
