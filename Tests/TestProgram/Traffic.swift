// What passes through the client: its sockets are asked. It is the process of the coordinator too,
// so what is not seen here went from agent to agent or nowhere.

import Glibc
import Swoop

@Remote func weights(_ pages: [[UInt8]]) -> Int { pages.reduce(0) { $0 + weight($1) } }
@Remote func weightsByName(_ pages: [String: [UInt8]]) -> Int { weights(pages.map(\.value)) }
@Remote func nestedWeights(_ pages: [[[UInt8]]]) -> Int { pages.reduce(0) { $0 + weights($1) } }
@Remote func nestedByName(_ pages: [String: [[UInt8]]]) -> Int {
    pages.reduce(0) { $0 + weights($1.value) }
}
@Remote func weightIfAny(_ page: [UInt8]?) -> Int { page.map { weight($0) } ?? -1 }

/// Bytes that this process's TCP connections have sent and received.
private func tcpBytes() -> Int {
    var sum = 0
    for descriptor in names(in: "/proc/self/fd").compactMap({ Int32($0) }) {
        // `tcp_info`: bytes acknowledged at 120, received at 128.
        var facts = [UInt64](repeating: 0, count: 17)
        var length = socklen_t(facts.count * 8)
        let answer = unsafe getsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_INFO, &facts, &length)
        if answer == 0, length == 136 { sum += Int(facts[15]) + Int(facts[16]) }
    }
    return sum
}

/// What moves while pages of 4 × 6 MB are made on two agents, used by others, sorted and added up.
func tellTraffic() async throws {
    let size = 6_000_000
    try await withAgents(2, pageBudget: 256 << 20) { cluster, _ in
        let loaded = try await cluster.remotely { remote in
            (0..<4).map { remote.call(load, $0 + 1, size) }
        }
        for page in loaded { try await page.wait() }
        let before = tcpBytes()
        let sums = try await cluster.remotely { _ in
            [
                weights(loaded), weightsByName(["a": loaded[0], "b": loaded[3]]),
                nestedWeights([[loaded[0]], [], [loaded[1], loaded[2]]]),
                nestedByName(["x": [loaded[0], loaded[1]], "y": []]),
            ]
        }
        tell("in an array", try await sums[0].value)
        tell("in a dictionary", try await sums[1].value)
        tell("in arrays in an array", try await sums[2].value)
        tell("in arrays in a dictionary", try await sums[3].value)
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<400_000).map(scrambled).stored().sorted(by: weightAlone, .descending)
                .stored()
        }
        let sum = try await cluster.remotely { _ in sorted.chain.sum }
        tell("sorted", try await sum.value == (0..<400_000).reduce(0) { $0 + scrambled($1) })
        tell("through the client", tcpBytes() - before)
        tell("fetched", try await loaded[0].value.count)
        tell("with one fetched", tcpBytes() - before)
    }
}
