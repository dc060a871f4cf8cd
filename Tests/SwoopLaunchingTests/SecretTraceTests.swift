// Keys on their way into a process: no copy of them is left in its memory.

import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport
import TestPrograms
import Testing

@Suite struct SecretTraceTests {
    private func expectNoTrace(_ request: LaunchRequest) throws {
        var request = request
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        let status = child.waitUntilEnded()
        let words = String(decoding: child.standardError?.read() ?? [], as: UTF8.self)
        let said = String(decoding: child.standardOutput?.read() ?? [], as: UTF8.self)
        #expect(status == .exited(0), "\(words)")
        #expect(said == "length = 40\ncopies = 0\nwith one that was kept = 1\n")
    }

    @Test(arguments: ["channel", "held"])
    func `of the key in an agent's configuration no copy is left`(_ way: String) throws {
        let configuration = AgentConfiguration(
            endpoints: ["tcp://127.0.0.1:1"], serverKey: "S",
            secretKey: try CurveKeys.generate().secretKey, name: "n",
            program: ProgramID("p"))
        let held = try configuration.withEncoded { try HeldBytes.descriptor(holding: $0) }
        var request = try LaunchRequest.probe("traces", way)
        request.descriptors[AgentConfiguration.descriptor] = held.rawValue
        try expectNoTrace(request)
    }

    @Test func `of the key in the address of a coordinator no copy is left`() throws {
        let files = try TestFolder()
        let folder = try RuntimeFolder(at: files.path + "/run")
        let address = CoordinatorAddress(
            cluster: "traced", endpoint: "tcp://127.0.0.1:1", serverKey: "S",
            clientSecretKey: try CurveKeys.generate().secretKey)
        try folder.publish(address)
        defer { try? folder.withdraw(address) }
        try expectNoTrace(try LaunchRequest.probe("traces", "address", folder.path))
    }
}
