use crate::db::code_enum;

code_enum! {
    /// How a matter came in.
    Channel in "channels" {
        Window "window" "大厅窗口",
        Phone "phone" "电话",
        Hotline "hotline" "12345热线",
        ProvincialPortal "provincial_portal" "省政务服务网旗舰店",
        GovernmentPortal "government_portal" "政府门户网站",
        App "app" "APP",
        MiniProgram "mini_program" "小程序",
        HomeVisit "home_visit" "上门",
        Appointment "appointment" "预约",
    }
}
code_enum! {
    /// Outcome of a handled matter.
    Outcome in "outcomes" {
        Granted "granted" "准予",
        PartlyGranted "partly_granted" "部分准予",
        Refused "refused" "审批部门不予许可",
        NotAccepted "not_accepted" "审批部门不予受理",
    }
}
code_enum! {
    /// Why a center does not take a matter.
    RejectReason in "reject-reasons" {
        NotInCatalogue "not_in_catalogue" "不属于代办帮办目录范围",
        NotEligible "not_eligible" "申请人不符合代办条件且不同意改为帮办",
        FalseMaterial "false_material" "提供虚假材料",
        Duplicate "duplicate" "同一事项已在办理",
        AgainstLaw "against_law" "申请内容违反法律法规",
    }
}
code_enum! {
    /// Why a matter is suspended 中止.
    SuspendReason in "suspend-reasons" {
        AwaitingApplicant "awaiting_applicant" "等待申请人补充或决定",
        AwaitingThirdParty "awaiting_third_party" "等待中介服务、检测或评估结果",
        PolicyChange "policy_change" "政策调整",
        ForceMajeure "force_majeure" "不可抗力",
        ApplicantRequest "applicant_request" "申请人申请",
    }
}
code_enum! {
    /// Why a matter is terminated 终止 (texts of Taishan and Jiangxi).
    TerminateReason in "terminate-reasons" {
        ConditionsNotMet "conditions_not_met" "不具备办结条件",
        ApplicantRequest "applicant_request" "申请人主动要求",
        FalseMaterial "false_material" "提供虚假材料",
        FeesUnpaid "fees_unpaid" "未缴纳法定费用",
    }
}
code_enum! {
    /// Kinds of help with an assisted matter 协办.
    HelpKind in "help-kinds" {
        Queue "queue" "取号",
        FillForm "fill_form" "填表",
        OnlineFiling "online_filing" "网上办",
        MobileFiling "mobile_filing" "指尖办",
        SelfService "self_service" "自助办",
        Declaration "declaration" "网上申报",
        UploadFiles "upload_files" "文件上传",
        ProgressInquiry "progress_inquiry" "进度查询",
    }
}
code_enum! {
    /// Who carries a step: in partial agency the applicant keeps some.
    StepCarrier in "step-carriers" {
        Agent "agent" "代办专员",
        Applicant "applicant" "申请人自办",
    }
}
code_enum! {
    /// Where a request for an extension stands.
    ExtensionState in "extension-states" {
        Requested "requested" "待批准",
        Granted "granted" "已批准",
        Refused "refused" "不予批准",
    }
}
code_enum! {
    /// State of an agreement 代办委托协议.
    AgreementState in "agreement-states" {
        Drafted "drafted" "待签订",
        Signed "signed" "已签订",
        Superseded "superseded" "已被替代",
    }
}
code_enum! {
    /// How an applicant signs.
    SignMethod in "sign-methods" {
        Online "online" "在线确认",
        Handwritten "handwritten" "现场手写",
        PaperScan "paper_scan" "纸质扫描",
        ReceiptCode "receipt_code" "凭收件凭证码",
        WitnessedFingerprint "witnessed_fingerprint" "见证按印",
    }
}
code_enum! {
    /// State of a material.
    MaterialState in "material-states" {
        Missing "missing" "待提供",
        Submitted "submitted" "已提交",
        Accepted "accepted" "已核验",
        Rejected "rejected" "已退回",
        Deferred "deferred" "容缺后补",
    }
}
code_enum! {
    /// What is done with a material.
    MaterialAct in "material-acts" {
        Submit "submit" "提交",
        Accept "accept" "核验通过",
        Reject "reject" "退回",
        Defer "defer" "容缺后补",
        Return "return" "退还原件",
    }
}
code_enum! {
    /// Why custody began.
    CustodyCause in "custody-causes" {
        Intake "intake" "收件",
        Transfer "transfer" "转办接收",
        Arbitration "arbitration" "指定办理",
    }
}
code_enum! {
    /// How pressing a matter is.
    Priority in "priorities" {
        Normal "normal" "普通",
        High "high" "优先",
        Urgent "urgent" "紧急",
    }
}
code_enum! {
    /// What one matter has to do with another.
    LinkKind in "link-kinds" {
        Related "related" "相关",
        Duplicate "duplicate" "与之重复",
        Prerequisite "prerequisite" "以之为前提",
        Split "split" "拆分出",
    }
}

impl LinkKind {
    /// Seen from the other matter.
    pub fn inbound(self) -> &'static str {
        match self {
            Self::Related => "相关",
            Self::Duplicate => "被其重复",
            Self::Prerequisite => "是其前提",
            Self::Split => "拆分自",
        }
    }
}

/// Who shall read a note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteFor {
    /// The staff alone.
    #[default]
    Staff,
    /// The applicant too.
    Applicant,
}
code_enum! {
    /// How results reach the applicant.
    HandOutWay in "hand-out-ways" {
        Counter "counter" "窗口领取",
        Express "express" "快递送达",
        Electronic "electronic" "电子证照",
    }
}
