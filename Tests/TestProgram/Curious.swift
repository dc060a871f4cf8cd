// Tasks that look into other processes of their user.

import Glibc
import Swoop

/// Why the memory of this process (0), or of the one that started it (1), cannot be opened; 0: it
/// can.
@Remote func openMemory(_ generation: Int) -> Int {
    let name = generation == 0 ? "self" : "\(getppid())"
    let descriptor = unsafe open("/proc/\(name)/mem", O_RDONLY)
    guard descriptor >= 0 else { return Int(errno) }
    close(descriptor)
    return 0
}

func tellCurious() async throws {
    try await withTestCluster { cluster in
        let own = try await cluster.remotely { $0.call(openMemory, 0) }.value
        let agent = try await cluster.remotely { $0.call(openMemory, 1) }.value
        tell("own", own)
        tell("agent", agent)
    }
}
