// Why an agent does not come to work, or ends.

/// What an agent ends with before it did anything.
package enum AgentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No endpoint of the coordinator answered.
    case unreachable(String)
    /// The coordinator does not want it.
    case refused(String)
    /// The coordinator was not heard of for too long.
    case abandoned(String)

    package var description: String {
        switch self {
        case .unreachable(let endpoint): "the agent cannot reach its coordinator at \(endpoint)"
        case .refused(let reason): "the coordinator refused the agent: \(reason)"
        case .abandoned(let reason): "the agent ends: \(reason)"
        }
    }
}
