// Lines `name = value` for the tests that run this program.

import Glibc
import Swoop

/// Writes a line at once.
func tell(_ name: String, _ value: Any) {
    let bytes = Array("\(name) = \(value)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

/// Tells what a caller has or hears.
func tellError<Value>(_ name: String, _ make: () async throws -> Value) async {
    do {
        tell(name, try await make())
    } catch let error as SwoopError {
        tell(name, "\(error.code) | \(error.message) | attempt \(error.attempt) | \(error.advice)")
    } catch {
        tell(name, "other error: \(error)")
    }
}

extension ClusterSpec {
    /// What the environment asks for, else one core of this machine, with nothing learned.
    static var ofTest: ClusterSpec {
        if let spec = ofEnvironment { return spec }
        var options = LocalOptions()
        options.cores = 1
        options.learns = false
        return .local(options)
    }
}
