import CRdkafka

extension Symbols {
    /// Access control, and users of SCRAM, which a vendor's build may lack.
    enum Access {
        static let aclBindingNew = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_new)
        static let aclBindingFilterNew = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBindingFilter_new)
        static let aclBindingDestroy = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_destroy)
        static let aclBindingResourceType = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_restype)
        static let aclBindingName = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_name)
        static let aclBindingPrincipal = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_principal)
        static let aclBindingHost = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_host)
        static let aclBindingOperation = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_operation)
        static let aclBindingPermissionType = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_permission_type)
        static let aclBindingResourcePatternType = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_resource_pattern_type)
        static let aclBindingError = Symbol(1, 9, 0, rdk_find_rd_kafka_AclBinding_error)
        static let aclResultError = Symbol(1, 9, 0, rdk_find_rd_kafka_acl_result_error)
        static let createAcls = Symbol(1, 9, 0, rdk_find_rd_kafka_CreateAcls)
        static let createAclsResult = Symbol(1, 9, 0, rdk_find_rd_kafka_event_CreateAcls_result)
        static let createAclsResultAcls = Symbol(1, 9, 0, rdk_find_rd_kafka_CreateAcls_result_acls)
        static let describeAcls = Symbol(1, 9, 0, rdk_find_rd_kafka_DescribeAcls)
        static let describeAclsResult = Symbol(1, 9, 0, rdk_find_rd_kafka_event_DescribeAcls_result)
        static let describeAclsResultAcls = Symbol(1, 9, 0, rdk_find_rd_kafka_DescribeAcls_result_acls)
        static let deleteAcls = Symbol(1, 9, 0, rdk_find_rd_kafka_DeleteAcls)
        static let deleteAclsResult = Symbol(1, 9, 0, rdk_find_rd_kafka_event_DeleteAcls_result)
        static let deleteAclsResultResponses = Symbol(1, 9, 0, rdk_find_rd_kafka_DeleteAcls_result_responses)
        static let deleteAclsResultResponseError = Symbol(1, 9, 0, rdk_find_rd_kafka_DeleteAcls_result_response_error)
        static let deleteAclsResultResponseMatchingAcls = Symbol(
            1, 9, 0, rdk_find_rd_kafka_DeleteAcls_result_response_matching_acls)
        static let userScramCredentialUpsertionNew = Symbol(2, 2, 0, rdk_find_rd_kafka_UserScramCredentialUpsertion_new)
        static let userScramCredentialDeletionNew = Symbol(2, 2, 0, rdk_find_rd_kafka_UserScramCredentialDeletion_new)
        static let userScramCredentialAlterationDestroy = Symbol(
            2, 2, 0, rdk_find_rd_kafka_UserScramCredentialAlteration_destroy)
        static let alterUserScramCredentials = Symbol(2, 2, 0, rdk_find_rd_kafka_AlterUserScramCredentials)
        static let alterUserScramCredentialsResult = Symbol(
            2, 2, 0, rdk_find_rd_kafka_event_AlterUserScramCredentials_result)
        static let alterUserScramCredentialsResultResponses = Symbol(
            2, 2, 0, rdk_find_rd_kafka_AlterUserScramCredentials_result_responses)
        static let alterUserScramCredentialsResultResponseUser = Symbol(
            2, 2, 0, rdk_find_rd_kafka_AlterUserScramCredentials_result_response_user)
        static let alterUserScramCredentialsResultResponseError = Symbol(
            2, 2, 0, rdk_find_rd_kafka_AlterUserScramCredentials_result_response_error)
        static let describeUserScramCredentials = Symbol(2, 2, 0, rdk_find_rd_kafka_DescribeUserScramCredentials)
        static let describeUserScramCredentialsResult = Symbol(
            2, 2, 0, rdk_find_rd_kafka_event_DescribeUserScramCredentials_result)
        static let describeUserScramCredentialsResultDescriptions = Symbol(
            2, 2, 0, rdk_find_rd_kafka_DescribeUserScramCredentials_result_descriptions)
        static let userScramCredentialsDescriptionUser = Symbol(
            2, 2, 0, rdk_find_rd_kafka_UserScramCredentialsDescription_user)
        static let userScramCredentialsDescriptionError = Symbol(
            2, 2, 0, rdk_find_rd_kafka_UserScramCredentialsDescription_error)
        static let userScramCredentialsDescriptionInfoCount = Symbol(
            2, 2, 0, rdk_find_rd_kafka_UserScramCredentialsDescription_scramcredentialinfo_count)
        static let userScramCredentialsDescriptionInfo = Symbol(
            2, 2, 0, rdk_find_rd_kafka_UserScramCredentialsDescription_scramcredentialinfo)
        static let scramCredentialInfoMechanism = Symbol(2, 2, 0, rdk_find_rd_kafka_ScramCredentialInfo_mechanism)
        static let scramCredentialInfoIterations = Symbol(2, 2, 0, rdk_find_rd_kafka_ScramCredentialInfo_iterations)
    }
}
