// A cluster without a block around it: of a notebook, whose cells follow one another and keep what
// they made. Whoever opens one ends it.

import SwoopModel
import Synchronization

/// A cluster that stays until it is closed.
package final class LastingCluster: Sendable {
    /// The cluster; where it could not be started, everything that is asked of it says why.
    package let cluster: Cluster
    private let scope: OpenCluster?
    /// Why it could not be started; nil: it was.
    package let refusal: SwoopError?

    /// Starts a cluster, or finds it.
    package init(_ spec: ClusterSpec) async {
        do {
            let scope = try await OpenCluster(spec)
            self.scope = scope
            cluster = scope.cluster
            refusal = nil
        } catch {
            let session = ClusterSession(
                client: ClientID(UInt64.random(in: 1 ... .max)), cores: 1,
                console: SessionConsole(showsOutput: true))
            let refusal = (error as? SwoopError) ?? SwoopError(.unreachable, "\(error)")
            session.lose(refusal.message)
            self.refusal = refusal
            cluster = Cluster(session: session)
            scope = nil
        }
    }

    /// Whether it was started, and answers.
    package var isThere: Bool { scope != nil && !cluster.session.isUnreachable }

    /// Says something about it on standard error.
    package func remark(_ text: String) { cluster.session.console.remark(text) }

    /// Ends it; handles of what it made are of no use afterwards.
    package func close() async {
        if let scope { await scope.close() } else { cluster.session.close() }
    }

    /// What is submitted from now on belongs together.
    package func beginPart() { cluster.session.submissions.withLock { $0 = [] } }

    /// Stops what was submitted since the part began, and has not ended.
    package func cancelPart() {
        let plans = cluster.session.submissions.withLock { plans in
            defer { plans = [] }
            return plans ?? []
        }
        for tasks in plans { cluster.session.cancel(Array(tasks)) }
    }
}

extension Cluster {
    /// What tells this cluster's work from that of others in this process.
    package var identity: UInt64 { session.client.rawValue }
}

/// Who shows how far the work of this process's clusters is, in place of lines on standard error.
package protocol ProgressView: Sendable {
    /// Counts of a cluster's work have come.
    func take(_ count: ProgressCount, of cluster: Cluster)
}

/// The view of this process; a program has none.
package enum ProgressViews {
    private static let view = Mutex<(any ProgressView)?>(nil)

    static var current: (any ProgressView)? { view.withLock { $0 } }

    /// Work is shown by this view from now on.
    package static func use(_ new: any ProgressView) { view.withLock { $0 = new } }
}
