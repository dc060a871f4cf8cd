// Words that a kind of room may not say, each with its reason: clocks and randomness in rooms that
// decide, traps without a sentence, names that Swift owns, `unsafe` outside its few files.

import Foundation
import Testing

@Suite struct WordingTests {
    let graph: PackageGraph

    init() throws { graph = try PackageGraph.declared.get() }

    @Test func `nobody says what helps nobody`() {
        expectUnsaid(HouseRules.bannedEverywhere, in: files { _ in true })
    }

    @Test func `nothing that is shipped waits by sleeping`() {
        expectUnsaid(HouseRules.bannedWhenShipped, in: files { $0 != .test })
    }

    @Test func `no pure room has a clock, a lock, a task or a voice`() {
        expectUnsaid(HouseRules.bannedInPureRooms, in: files(where: \.isPure))
    }

    @Test func `no machine suspends`() {
        expectUnsaid(HouseRules.bannedInMachines, in: files { $0.isPure && $0 != .elements })
    }

    @Test func `no loop starts tasks of Swift's pool`() {
        expectUnsaid(HouseRules.bannedBelowTheSurface, in: files { $0 == .io || $0 == .process })
    }

    @Test func `randomness of pure rooms comes from a generator that is handed in`() {
        var violations: [String] = []
        for file in files(where: \.isPure) {
            for (index, line) in file.code.enumerated() {
                guard HouseRules.seeded.contains(where: { line.contains($0) }) else { continue }
                let next = index + 1 < file.code.count ? file.code[index + 1] : ""
                if line.contains("using:") || next.contains("using:") { continue }
                violations.append("\(file.place(index)): seed it (`using:`), or a replay differs")
            }
        }
        expectNone(violations)
    }

    @Test func `no type takes a name that Swift owns`() {
        let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
        var violations: [String] = []
        for file in files(where: { _ in true }) {
            for (index, line) in file.code.enumerated() where kinds.contains(where: line.contains) {
                let words = line.split { !CodeText.isWord($0) }
                for (kind, name) in zip(words, words.dropFirst()) where kinds.contains(kind) {
                    guard HouseRules.namesOfSwift.contains(String(name)) else { continue }
                    violations.append("\(file.place(index)): \(name) is Swift's own word")
                }
            }
        }
        expectNone(violations)
    }

    @Test func `unsafe code is where it may be`() {
        var violations: [String] = []
        for file in files(where: { ![.io, .c, .test].contains($0) }) {
            if HouseRules.mayBeUnsafe.contains(where: { file.path.hasPrefix($0.path) }) { continue }
            for (index, line) in file.code.enumerated()
            where CodeText.contains("unsafe", in: line) {
                violations.append(
                    "\(file.place(index)): this belongs into an I/O room, or into mayBeUnsafe")
                break
            }
        }
        expectNone(violations)
    }

    @Test func `every unchecked Sendable has its proof beside it`() {
        var violations: [String] = []
        for file in files(where: { _ in true }) {
            for (index, line) in file.code.enumerated() where line.contains("@unchecked Sendable") {
                let around = file.lines[max(0, index - 3)...min(index + 1, file.lines.count - 1)]
                if around.contains(where: { $0.contains("//") }) { continue }
                violations.append("\(file.place(index)): say in a comment why it may cross threads")
            }
        }
        expectNone(violations)
    }

    /// Swift files, written by people, of the targets of some kinds.
    private func files(where isWanted: (RoomKind) -> Bool) -> [HouseFile] {
        HouseTree.ruled.filter { file in
            guard file.isSwift, let room = graph.room(of: file.path) else {
                return false
            }
            return HouseRules.kind(of: room).map(isWanted) ?? false
        }
    }

    private func expectUnsaid(_ bans: [Ban], in files: [HouseFile]) {
        var violations: [String] = []
        for file in files {
            for ban in bans where file.text.contains(ban.token) {
                for (index, line) in file.code.enumerated()
                where CodeText.contains(ban.token, in: line) {
                    violations.append("\(file.place(index)): `\(ban.token)`: \(ban.reason)")
                }
            }
        }
        expectNone(violations)
    }
}
