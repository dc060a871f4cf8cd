// What machines say of themselves, and what `swoop doctor` makes of it.

import Foundation
import SwoopHosts
import Testing

@Suite struct ExaminationTests {
    /// A machine on which everything is fine.
    private func fine() -> MachineSights {
        var sights = MachineSights()
        sights.clock = 1_000
        sights.system = "Linux 6.1.0-9-amd64"
        sights.architecture = "x86_64"
        sights.cores = 8
        sights.memoryBytes = 16 << 30
        sights.availableBytes = 8 << 30
        sights.openFiles = 4_096
        sights.processes = 4_096
        sights.folder = "/srv/me/swoop"
        sights.freeBytes = 100 << 30
        sights.isWritable = true
        sights.loopbackFlags = 9
        return sights
    }

    private func found(
        _ change: (inout MachineSights) -> Void
    ) -> [Finding] {
        var sights = fine()
        change(&sights)
        return sights.findings(for: "x86_64", between: (before: 999, after: 1_001))
            .filter { $0.state != .fine }
    }

    @Test func `a machine without a fault has none`() {
        #expect(found { _ in } == [])
        #expect(found { $0.processes = nil } == [])
        #expect(found { $0.clock = 1_006 } == [])
    }

    @Test func `each fault is one finding that says how to mend it`() {
        let cases: [(String, Finding.State, String, (inout MachineSights) -> Void)] = [
            ("system", .fault, "Linux", { $0.system = "FreeBSD 14.1" }),
            ("system", .fault, "x86_64", { $0.architecture = "aarch64" }),
            ("system", .fault, "3.17", { $0.system = "Linux 3.10.0-1160" }),
            ("clock", .warning, "timedatectl", { $0.clock = 4_600 }),
            ("clock", .warning, "timedatectl", { $0.clock = 0 }),
            ("clock", .warning, "date", { $0.clock = nil }),
            ("cores", .warning, "cpu.max", { $0.quotas = ["max 100000", "150000 100000"] }),
            ("cores", .warning, "cores=N", { $0.cores = nil }),
            ("memory", .warning, "memory.max", { $0.groupBytes = 100 << 20 }),
            ("memory", .warning, "the disk", { $0.availableBytes = 1 << 20 }),
            ("shared memory", .fault, "ulimit -f", { $0.fileBytes = 1 << 20 }),
            ("shared memory", .warning, "ulimit -f", { $0.fileBytes = 1 << 30 }),
            ("disk", .fault, "folder=", { $0.freeBytes = 10 << 20 }),
            ("disk", .warning, "folder=", { $0.freeBytes = 100 << 20 }),
            ("disk", .fault, "folder=", { $0.isWritable = false }),
            ("open files", .fault, "ulimit -n", { $0.openFiles = 20 }),
            ("open files", .warning, "nofile", { $0.openFiles = 256 }),
            ("processes", .fault, "ulimit -u", { $0.processes = 10 }),
            ("address space", .warning, "ulimit -v", { $0.addressBytes = 1 << 30 }),
            ("loopback", .warning, "ip link set lo up", { $0.loopbackFlags = 8 }),
        ]
        for (check, state, words, change) in cases {
            let findings = found(change)
            #expect(findings.map(\.check) == [check], "\(check): \(findings)")
            #expect(findings.first?.state == state, "\(findings)")
            #expect(findings.first?.advice.contains(words) == true, "\(findings)")
        }
    }

    @Test func `the clock is as far off as it is behind or ahead`() {
        #expect(found { $0.clock = 4_601 }[0].found == "3600 s ahead of this machine's")
        #expect(found { $0.clock = 899 }[0].found == "100 s behind this machine's")
    }

    @Test(arguments: ["/bin/sh", "/bin/bash", "/bin/dash"])
    func `the script is answered by the shells of this machine, under its limits`(_ shell: String)
        throws
    {
        let folder = "/tmp/no such folder's own"
        let script = ExaminationScript.text(folder: folder, listener: nil)
        let process = Process()
        process.executableURL = URL(filePath: shell)
        process.arguments = ["-c", "ulimit -n 300; ulimit -f 4096\n" + script]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let sights = try #require(ExaminationScript.sights(in: Array(data)))
        #expect(sights.openFiles == 300)
        // A block is 512 bytes for some shells, 1024 for others.
        #expect([4_096 * 512, 4_096 * 1_024].contains(sights.fileBytes))
        #expect(sights.system.hasPrefix("Linux ") && sights.architecture == "x86_64")
        #expect((sights.cores ?? 0) > 0 && (sights.memoryBytes ?? 0) > 1 << 20)
        #expect((sights.availableBytes ?? 0) > 0 && (sights.freeBytes ?? 0) > 0)
        #expect(abs((sights.clock ?? 0) - Int64(Date().timeIntervalSince1970)) < 60)
        #expect(sights.folder == folder && sights.isWritable)
    }

    @Test(arguments: ["", "swoop-examination begin\n", "clock=1\nswoop-examination end\n"])
    func `an answer that is cut off is none`(_ text: String) {
        #expect(ExaminationScript.sights(in: Array(text.utf8)) == nil)
    }
}
