// A process that takes a key in, as agents and clients do, and says how many copies it left.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms

/// Takes a key in by the way that the first argument names: `channel`, `held`, `address` (by the
/// folder that the second one names).
func countTraces(_ role: InheritedRole) throws {
    let secret: Secret
    switch CommandLine.arguments[1] {
    case "channel":
        // As an SSH server would have it there.
        let input = try role.takeDescriptor(AgentConfiguration.descriptor)
        guard dup2(input.rawValue, 0) == 0 else { exit(96) }
        secret = try keyOfChannel()
    case "held": secret = try keyOfDescriptor(role)
    default:
        let folder = try RuntimeFolder(at: CommandLine.arguments[2])
        guard let address = try folder.coordinator(of: "traced") else { exit(97) }
        secret = address.clientSecretKey
    }
    printLine("length = \(secret.count)")
    printLine("copies = \(MemoryTraces.count(of: secret) ?? -1)")
    // One that nobody wiped is found: the count is not always zero.
    let kept = secret.withBytes { unsafe [UInt8]($0) }
    printLine("with one that was kept = \(MemoryTraces.count(of: secret) ?? -1)")
    _ = withExtendedLifetime(kept) { $0.count }
}

@inline(never) private func keyOfChannel() throws -> Secret {
    var bytes: [UInt8] = []
    defer { bytes.wipe() }
    guard LaunchChannel.readBlock(into: &bytes) else { exit(97) }
    return try AgentConfiguration(decoding: &bytes).secretKey
}

@inline(never) private func keyOfDescriptor(_ role: InheritedRole) throws -> Secret {
    var bytes = try HeldBytes.read(from: role.takeDescriptor(AgentConfiguration.descriptor))
    defer { bytes.wipe() }
    return try AgentConfiguration(decoding: &bytes).secretKey
}
