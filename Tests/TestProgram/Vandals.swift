// Tasks that write over the memory which their worker shares with its agent, and those who run
// beside them.

import Glibc
import Swoop
import SwoopSimulation

/// Takes long enough to be on a core when something happens there.
@Remote func slowSquare(_ i: Int) -> Int {
    var sum = 0
    for step in 0..<400_000 { sum &+= step ^ sum }
    return sum == .min ? 0 : i * i
}

/// The process that started the worker which runs this: its agent.
@Remote func agentProcess(_ i: Int) -> Int { Int(getppid()) }

/// Writes random values for 20 ms, as the number says: over each shared word in turn, then over
/// everything.
@Remote func vandalise(_ number: Int) -> Int {
    var random = SeededGenerator(seed: number)
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .milliseconds(20))
    while clock.now < end {
        spoil(number, &random)
        usleep(100)
    }
    return number
}

private func spoil(_ number: Int, _ random: inout SeededGenerator) {
    switch number {
    case 0..<5: SharedPart(of: "orders").spoil(words: [number * 16], &random)
    case 5..<10: SharedPart(of: "messages").spoil(words: [(number - 5) * 16], &random)
    case 10..<13: SharedPart(of: "orders").spoil(words: Array(128..<8_192), &random)
    case 13..<16: SharedPart(of: "messages").spoil(words: Array(128..<131_000), &random)
    case 16..<24: SharedPart(of: "slots").spoil(words: [number - 16, 32 + number - 16], &random)
    case 24..<28: SharedPart(of: "slots").spoil(words: Array(0..<64), &random)
    case 28..<30: SharedPart(of: "crash").spoil(words: Array(0..<22), &random)
    default:
        SharedPart(of: "crash").spoil(words: Array(0..<22), &random)
        SharedPart(of: "slots").spoil(words: Array(0..<64), &random)
        SharedPart(of: "messages").spoil(words: Array(0..<4_096), &random)
        SharedPart(of: "orders").spoil(words: Array(0..<4_096), &random)
    }
}

/// Memory of this process that its agent maps too.
@safe private struct SharedPart {
    private let words: UnsafeMutableBufferPointer<UInt64>

    /// The part of this name, as /proc tells of it: in pieces, so that one reading may miss what
    /// another thread's mappings move.
    init(of name: String) {
        for _ in 0..<1_000 {
            let lines = Self.mappings.split(separator: "\n")
            let line = lines.first { $0.contains("swoop-\(name)") && $0.contains("rw-s") }
            let ends = line?.split(separator: " ")[0].split(separator: "-")
                .compactMap { Int($0, radix: 16) }
            guard let ends, ends.count == 2 else { continue }
            let start = unsafe UnsafeMutablePointer<UInt64>(bitPattern: ends[0])
            unsafe words = UnsafeMutableBufferPointer(
                start: start, count: (ends[1] - ends[0]) / 8)
            return
        }
        fatalError("no memory of the name \(name)")
    }

    private static var mappings: String {
        var text: [UInt8] = []
        guard let file = unsafe fopen("/proc/self/maps", "r") else { return "" }
        while true {
            let byte = unsafe getc(file)
            if byte < 0 { break }
            text.append(UInt8(truncatingIfNeeded: byte))
        }
        unsafe fclose(file)
        return String(decoding: text, as: UTF8.self)
    }

    func spoil(words places: [Int], _ random: inout SeededGenerator) {
        for place in places where unsafe place < words.count {
            unsafe words[place] = random.next()
        }
    }
}

func tellVandals(_ vandals: Int) async throws {
    try await withTestCluster { cluster in
        let before = try await cluster.remotely { $0.call(agentProcess, 1) }.value
        let (innocents, others) = try await cluster.remotely { remote in
            var innocents: [Proxy<Int>] = []
            var others: [Proxy<Int>] = []
            for i in 0..<500 {
                innocents.append(remote.call(slowSquare, i))
                if i % (500 / vandals) == 0 { others.append(remote.call(vandalise, others.count)) }
            }
            return (innocents, others)
        }
        var right = 0
        for (i, proxy) in innocents.enumerated() {
            do {
                let value = try await proxy.value
                if value == i * i { right += 1 } else { tell("wrong \(i)", value) }
            } catch {
                tell("lost \(i)", error)
            }
        }
        tell("right", right)
        var outcomes: [String: Int] = [:]
        for (i, proxy) in others.enumerated() {
            do {
                outcomes[try await proxy.value == i ? "ended" : "wrong", default: 0] += 1
            } catch let error as SwoopError {
                outcomes["\(error.code)", default: 0] += 1
                tell("vandal \(i)", error)
            }
        }
        tell("vandals", others.count)
        for (name, count) in outcomes { tell("vandals \(name)", count) }
        let after = try await cluster.remotely { $0.call(agentProcess, 2) }.value
        tell("agent", before == after ? "the same" : "another")
    }
}
