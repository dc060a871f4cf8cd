// Where the tests find the program whose processes they start.

import Glibc
import SwoopLaunching

extension LaunchRequest {
    /// The probe in a role.
    ///
    /// It is built beside the tests.
    static func probe(_ role: String, _ arguments: String...) throws -> LaunchRequest {
        var path = [CChar](repeating: 0, count: 4_096)
        let length = unsafe readlink("/proc/self/exe", &path, path.count)
        guard length > 0 else { throw LaunchError.systemCall("readlink", code: errno) }
        let tests = String(decoding: path[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Swift Testing may run the tests from inside a helper of the toolchain's: then the tests
        // are in a library named by the first argument.
        let candidates = [tests] + CommandLine.arguments
        for candidate in candidates where candidate.contains("/") {
            let folder = candidate[..<candidate.lastIndex(of: "/")!]
            let program = "\(folder)/TransportProbe"
            if unsafe access(program, X_OK) == 0 {
                var request = LaunchRequest(program: program, arguments: arguments)
                request.role = role
                return request
            }
        }
        throw LaunchError.cannotStart(program: "TransportProbe", code: ENOENT)
    }
}
