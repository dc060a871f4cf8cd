// What a crashed process leaves behind: which slot, which run, which signal, where.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

@Suite struct CrashTests {
    @Test(arguments: [
        ("index", [SIGILL, SIGTRAP]), ("pointer", [SIGSEGV]), ("overflow", [SIGSEGV]),
        ("abort", [SIGABRT]), ("raise", [SIGSEGV]), ("fatalError", [SIGILL, SIGTRAP]),
    ])
    func theCrashedSlotAndRunAreNamed(how: String, signals: [Int32]) throws {
        let memory = try SharedMemory(creating: "crash", bytes: CrashArea.memoryBytes)
        let area = try CrashArea(memory: memory)
        #expect(area.report() == nil)
        var request = try LaunchRequest.probe("crash", how)
        request.descriptors = ["crash": memory.descriptor]
        request.output = .discarded
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        let status = child.waitUntilEnded()
        let report = try #require(area.report())
        #expect(report.slot == 3)
        #expect(report.run == 42)
        #expect(signals.contains(report.signal))
        #expect(status == .signalled(report.signal))
        #expect(!report.programCounters.isEmpty)
        if how == "pointer" { #expect(report.address == 64) }
        // Some frame lies in the program itself: its offsets are small.
        #expect(report.programCounters.contains { $0 < 1 << 30 })
    }

    @Test func aKilledProcessLeavesNoReport() throws {
        let memory = try SharedMemory(creating: "crash", bytes: CrashArea.memoryBytes)
        var request = try LaunchRequest.probe("sleeper")
        request.descriptors = ["crash": memory.descriptor]
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        child.endNow()
        #expect(try CrashArea(memory: memory).report() == nil)
    }

    @Test func whereAnErrorWasThrownIsRememberedOnce() throws {
        var request = try LaunchRequest.probe("throws")
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        _ = child.waitUntilEnded()
        let text = String(decoding: try #require(child.standardOutput).read(), as: UTF8.self)
        let words = text.split { $0 == " " || $0 == "\n" }
        #expect(words.count == 3)
        #expect(Int(words[0]) ?? 0 >= 1)
        #expect(words[1] == "true")
        #expect(words[2] == "0")
    }

    @Test func eachPieceOfOutputIsLabelledByTheRunThatPrintedIt() throws {
        var request = try LaunchRequest.probe("labels")
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        #expect(child.waitUntilEnded() == .exited(0))
        let text = String(decoding: try #require(child.standardOutput).read(), as: UTF8.self)
        var said: [String: String] = [:]
        for piece in text.split(separator: "|") {
            let parts = piece.split(separator: ":", maxSplits: 1)
            said[String(parts[0]), default: ""] += parts.count > 1 ? String(parts[1]) : ""
        }
        #expect(said["1/1"] == "half run 1\n")
        #expect(said["2/1"] == "half run 2\n")
        #expect(said["1/2"]?.hasPrefix("error 1") == true)
        #expect(said["2/2"]?.hasPrefix("error 2") == true)
    }
}
