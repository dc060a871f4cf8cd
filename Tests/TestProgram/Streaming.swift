// A file that is much larger than what the nodes may hold, sent to them part by part.

import Glibc
import Swoop

/// Tells the number of lines, of stored pages of a second loop, and the most memory that this
/// program took, in MiB.
func tellStreaming(of file: String) async throws {
    var options = LocalOptions()
    options.cores = 2
    options.learns = false
    options.sendsFiles = true
    options.pageBudget = 64 << 20
    try await withCluster(.local(options)) { cluster in
        await tell("lines") {
            let (count, bytes) = try await cluster.remotely { remote in
                let lines = remote.lines(file)
                return (lines.count, lines.map(lineLength).sum)
            }
            return [try await count.value, try await bytes.value]
        }
    }
    tell("peak", peakMebibytes())
    options.sendsFiles = false
    try await withCluster(.local(options)) { cluster in
        await tell("beginning") {
            let beginning = try await cluster.remotely { remote in
                remote.lines(file).map(lineLength).prefix(10)
            }
            return try await beginning.value
        }
        for try await usage in cluster.usage where usage.progress.done == usage.progress.total {
            tell("read for it", usage.progress.bytesIn >> 20)
            break
        }
    }
}

/// The largest resident size of this process so far.
private func peakMebibytes() -> Int {
    let status = unsafe open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    defer { _ = close(status) }
    var bytes = [UInt8](repeating: 0, count: 8_192)
    let count = unsafe read(status, &bytes, bytes.count)
    let lines = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
    let peak = lines.first { $0.hasPrefix("VmHWM:") }?.split(whereSeparator: \.isWhitespace)
    return (peak.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? -1_024) / 1_024
}
