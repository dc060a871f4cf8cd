// Values of many megabytes, from the cluster and to it.

import Glibc
import Swoop

/// A value of so many bytes comes from a node, and another one goes to it.
func tellBulk(_ byteCount: Int) async throws {
    try await withTestCluster(pageBudget: byteCount + byteCount / 4 + (64 << 20)) { cluster in
        var began = millisecondsNow()
        await tell("came") {
            let value = try await cluster.remotely { $0.call(large, byteCount) }.value
            return "\(value.count)"
        }
        tell("milliseconds down", millisecondsNow() - began)
        began = millisecondsNow()
        await tell("went") {
            let bytes = [UInt8](repeating: 1, count: byteCount)
            return try await cluster.remotely { $0.call(byteSum, bytes) }.value
        }
        tell("milliseconds up", millisecondsNow() - began)
    }
}
